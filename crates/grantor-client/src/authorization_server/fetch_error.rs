use grantor_core::exchange::FetchError;
use grantor_core::{ErrorCode, TokenError};

use crate::error::Error;

/// Why there is no token after a token request.
pub(crate) enum NotFetched {
    /// What it was to be signed with failed.
    Unsigned(Error),
    Fetch(FetchError),
}

impl NotFetched {
    /// Whether the server does not take what was presented.
    pub(crate) fn is_invalid_grant(&self) -> bool {
        matches!(self, Self::Fetch(FetchError::Answer(error)) if error.is_invalid_grant())
    }

    /// What it means where somebody's own token or password was presented: mostly that this somebody
    /// has to sign in again, which is no mistake of ours.
    pub(crate) fn of_subject(self, exchanged: bool) -> Error {
        let Self::Fetch(FetchError::Answer(TokenError::Refused { error, .. })) = &self else {
            return self.into();
        };
        // RFC 8693 section 2.2.2 calls a subject token that is not good an invalid request.
        let theirs = match error.error {
            ErrorCode::InvalidGrant => true,
            ErrorCode::InvalidRequest => exchanged,
            _ => false,
        };
        if theirs {
            let message = format!("the server does not take what came with the request: {error}");
            return Error::needs_login_because(message);
        }
        self.into()
    }
}

impl From<NotFetched> for Error {
    fn from(error: NotFetched) -> Self {
        match error {
            NotFetched::Unsigned(error) => error,
            NotFetched::Fetch(error) => error.into(),
        }
    }
}
