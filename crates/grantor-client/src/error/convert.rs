//! Errors of other crates as errors of tokens.

use std::time::Duration;

use grantor_core::exchange::{
    DiscoveryError, FailureKind, FetchError, PollingError, ResourceDiscoveryError,
};
use grantor_core::{
    BackchannelAuthenticationError, ClientRegistrationError, DeviceAuthorizationError, ErrorCode,
    PushedAuthorizationError, TokenError,
};
use grantor_http::TransportError;
use grantor_jose::SignError;

use super::{Error, ErrorKind};

impl Error {
    /// A token request without a token. `cause` is why there was no answer.
    pub(crate) fn fetch(error: FetchError, cause: Option<TransportError>) -> Self {
        let FetchError::Answer(answer) = &error else {
            return Self::unanswered(error, cause);
        };
        let (kind, retry_after) = answered(answer);
        let code = code_of(answer);
        Self::with(kind, error.to_string(), retry_after, error).with_code(code)
    }

    /// A user who decides elsewhere, and no token.
    pub(crate) fn polling(error: PollingError, cause: Option<TransportError>) -> Self {
        let (kind, retry_after) = match &error {
            PollingError::Denied | PollingError::Expired => (ErrorKind::NeedsLogin, None),
            PollingError::Answer(answer) => answered(answer),
            _ => return Self::unanswered(error, cause),
        };
        let code = match &error {
            PollingError::Answer(answer) => code_of(answer),
            _ => None,
        };
        Self::with(kind, error.to_string(), retry_after, error).with_code(code)
    }

    /// A session's client that can't be built.
    #[cfg(feature = "reqwest")]
    pub(crate) fn http_client(error: reqwest::Error) -> Self {
        let message = format!("the HTTP client of the session can't be built: {error}");
        Self::with(ErrorKind::Configuration, message, None, error)
    }

    /// A request that got no answer: the cause is the source, and what could not be signed says so
    /// itself.
    fn unanswered(
        error: impl std::error::Error + Send + Sync + 'static,
        cause: Option<TransportError>,
    ) -> Self {
        let message = error.to_string();
        let Some(cause) = cause else {
            return Self::with(ErrorKind::Transient, message, None, error);
        };
        let kind = no_answer(cause.kind());
        let inner = std::error::Error::source(&cause).and_then(|source| source.downcast_ref());
        if let Some(inner) = inner {
            return Self::clone(inner);
        }
        Self::with(kind, message, None, cause)
    }
}

/// The kind of a failure without an answer.
fn no_answer(kind: FailureKind) -> ErrorKind {
    match kind {
        FailureKind::Configuration | FailureKind::Certificate => ErrorKind::Configuration,
        FailureKind::Peer => ErrorKind::Refused,
        _ => ErrorKind::Transient,
    }
}

/// The code with which an endpoint refused.
pub(super) fn code_of(answer: &TokenError) -> Option<ErrorCode> {
    match answer {
        TokenError::Refused { error, .. } => Some(error.error.clone()),
        _ => None,
    }
}

/// The kind of an answer without a token, and its `Retry-After`.
pub(super) fn answered(answer: &TokenError) -> (ErrorKind, Option<Duration>) {
    match answer {
        answer if answer.is_transient() => (ErrorKind::Transient, answer.retry_after()),
        TokenError::Refused { error, .. } => (refusal(&error.error), None),
        _ => (ErrorKind::Refused, None),
    }
}

/// Classifies a refusal: most codes say that this client is set up for something else.
fn refusal(code: &ErrorCode) -> ErrorKind {
    match code {
        ErrorCode::InvalidRequest
        | ErrorCode::InvalidClient
        | ErrorCode::UnauthorizedClient
        | ErrorCode::UnsupportedGrantType
        | ErrorCode::InvalidScope
        | ErrorCode::InvalidTarget
        | ErrorCode::InvalidRedirectUri
        | ErrorCode::InvalidRequestObject
        | ErrorCode::InvalidAuthorizationDetails
        | ErrorCode::InvalidBindingMessage
        | ErrorCode::InvalidClientMetadata => ErrorKind::Configuration,
        code if code.needs_user() => ErrorKind::NeedsLogin,
        _ => ErrorKind::Refused,
    }
}

impl From<DiscoveryError> for Error {
    fn from(error: DiscoveryError) -> Self {
        let kind = if error.is_transient() {
            ErrorKind::Transient
        } else {
            ErrorKind::Configuration
        };
        let retry_after = error.retry_after();
        Self::with(kind, error.to_string(), retry_after, error)
    }
}

impl From<TransportError> for Error {
    fn from(error: TransportError) -> Self {
        let kind = no_answer(error.kind());
        Self::with(kind, error.to_string(), None, error)
    }
}

impl From<ResourceDiscoveryError> for Error {
    fn from(error: ResourceDiscoveryError) -> Self {
        let kind = if error.is_transient() {
            ErrorKind::Transient
        } else {
            ErrorKind::Configuration
        };
        let retry_after = error.retry_after();
        Self::with(kind, error.to_string(), retry_after, error)
    }
}

/// Errors of endpoints that fail in the ways of the token endpoint.
macro_rules! from_endpoint_error {
    ($($error:ty),*) => {
        $(impl From<$error> for Error {
            fn from(error: $error) -> Self {
                let (kind, retry_after) = answered(error.answer());
                let code = code_of(error.answer());
                Self::with(kind, error.to_string(), retry_after, error).with_code(code)
            }
        })*
    };
}

from_endpoint_error!(
    BackchannelAuthenticationError,
    ClientRegistrationError,
    DeviceAuthorizationError,
    PushedAuthorizationError
);

impl From<SignError> for Error {
    fn from(error: SignError) -> Self {
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        let cause = cause.unwrap_or_default();
        let message = format!("an assertion can't be signed: {cause}");
        Self::with(ErrorKind::Transient, message, None, error)
    }
}

impl From<grantor_store::Error> for Error {
    fn from(error: grantor_store::Error) -> Self {
        let kind = if error.is_corrupt() || error.is_newer() || error.is_configuration() {
            ErrorKind::Configuration
        } else {
            ErrorKind::Transient
        };
        let message = format!("the store of tokens failed: {error}");
        Self::with(kind, message, None, error)
    }
}
