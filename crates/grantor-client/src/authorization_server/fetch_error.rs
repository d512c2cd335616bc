//! Reasons for which a token request gave no token.

use grantor_core::exchange::{FetchError, NoAnswer};
use grantor_core::{ErrorCode, TokenError};
use grantor_http::TransportError;

use super::channel::signing_error;
use crate::error::Error;

/// The credential of somebody else that came with a request, and for which a token was requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SubjectKind {
    Token,
    Password,
}

/// The reason why there is no token.
pub(crate) enum FetchFailure {
    /// The request could not be made.
    Unsent(Error),
    /// The server gave none, or did not answer for this reason.
    Fetch(FetchError, Option<TransportError>),
}

impl FetchFailure {
    pub(super) fn new(error: FetchError, cause: Option<TransportError>) -> Self {
        if matches!(&error, FetchError::NoAnswer(failure) if failure.no_answer == NoAnswer::Unsent)
            && let Some(error) = cause.as_ref().and_then(signing_error)
        {
            return Self::Unsent(error);
        }
        let cause = cause.filter(|_| matches!(error, FetchError::NoAnswer(_)));
        Self::Fetch(error, cause)
    }

    /// Returns whether the server does not take what was presented.
    pub(crate) fn is_invalid_grant(&self) -> bool {
        matches!(self, Self::Fetch(FetchError::Answer(error), _) if error.is_invalid_grant())
    }

    /// The error where somebody's own token or password was presented: mostly this user has to sign in
    /// again, and nothing is wrong here.
    pub(crate) fn into_subject_error(self, kind: SubjectKind) -> Error {
        let Self::Fetch(FetchError::Answer(TokenError::Refused { error, .. }), _) = &self else {
            return self.into();
        };
        // RFC 8693 section 2.2.2 calls a subject token that is not good an invalid request.
        let theirs = match error.error {
            ErrorCode::InvalidRequest => kind == SubjectKind::Token,
            ref code => code.is_invalid_grant(),
        };
        if theirs {
            let message = format!("the server does not take what came with the request: {error}");
            return Error::needs_login_because(message).with_oauth_error(error);
        }
        self.into()
    }
}

impl From<Error> for FetchFailure {
    fn from(error: Error) -> Self {
        Self::Unsent(error)
    }
}

impl From<FetchFailure> for Error {
    fn from(error: FetchFailure) -> Self {
        match error {
            FetchFailure::Unsent(error) => error,
            FetchFailure::Fetch(error, cause) => Self::fetch(error, cause),
        }
    }
}
