//! Reasons for which a sign-in by OAuth 1.0a did not succeed, and who can mend each.

use grantor_core::oauth1::{CallbackError, CredentialsError};
use http::StatusCode;

use crate::error::Error;

/// A request for credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Temporary,
    Token,
}

/// The server gave no credentials.
pub(super) fn not_given(step: Step, error: &CredentialsError) -> Error {
    let what = match step {
        Step::Temporary => "there are no temporary credentials",
        Step::Token => "there are no credentials of a token",
    };
    let message = format!("{what}: {error}");
    let CredentialsError::Refused { status, .. } = error else {
        return Error::refused(message);
    };
    match (step, *status) {
        (_, status) if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
            Error::transient(message)
        }
        (_, status) if !status.is_client_error() => Error::refused(message),
        // Nothing but the client itself is in question here.
        (Step::Temporary, _) => Error::configuration(format!(
            "{message}; check the client's credentials, the signature method, the callback and this \
             machine's clock"
        )),
        (Step::Token, _) => {
            Error::needs_login_because(format!("{message}; begin the sign-in anew"))
        }
    }
}

/// The redirect brought no verifier.
pub(super) fn not_called_back(error: &CallbackError) -> Error {
    match error {
        CallbackError::Denied => Error::needs_login_because(error.to_string()),
        _ => Error::refused(error.to_string()),
    }
}
