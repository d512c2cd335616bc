use grantor_core::exchange::FetchError;
use grantor_core::{ErrorCode, TokenError};

use crate::error::Error;

/// What came with a request of somebody else, for whom a token was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SubjectKind {
    Token,
    Password,
}

/// Why there is no token after a token request.
pub(crate) enum FetchFailure {
    /// What it was to be signed with failed.
    Unsigned(Error),
    Fetch(FetchError),
}

impl FetchFailure {
    /// Whether the server does not take what was presented.
    pub(crate) fn is_invalid_grant(&self) -> bool {
        matches!(self, Self::Fetch(FetchError::Answer(error)) if error.is_invalid_grant())
    }

    /// What it means where somebody's own token or password was presented: mostly that this somebody
    /// has to sign in again, which is no mistake of ours.
    pub(crate) fn into_subject_error(self, kind: SubjectKind) -> Error {
        let Self::Fetch(FetchError::Answer(TokenError::Refused { error, .. })) = &self else {
            return self.into();
        };
        // RFC 8693 section 2.2.2 calls a subject token that is not good an invalid request.
        let theirs = match error.error {
            ErrorCode::InvalidGrant => true,
            ErrorCode::InvalidRequest => kind == SubjectKind::Token,
            _ => false,
        };
        if theirs {
            let message = format!("the server does not take what came with the request: {error}");
            return Error::needs_login_because(message);
        }
        self.into()
    }
}

impl From<FetchFailure> for Error {
    fn from(error: FetchFailure) -> Self {
        match error {
            FetchFailure::Unsigned(error) => error,
            FetchFailure::Fetch(error) => error.into(),
        }
    }
}
