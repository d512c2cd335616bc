use std::fmt;

use grantor_core::{ErrorCode, ErrorResponse};
use http::StatusCode;

/// Why the server can't do what it was asked.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The peer is told why, in OAuth's words.
    Refused(ErrorResponse),
    /// The store failed. The peer hears only that the server can't answer now.
    Store(grantor_store::Error),
    /// The store changed under every try.
    Contention,
    /// Something that can't be signed, or another fault of the server.
    Internal(String),
}

impl Error {
    /// A refusal with a description.
    pub fn refused(code: ErrorCode, description: impl Into<String>) -> Self {
        Self::Refused(ErrorResponse::new(code, description))
    }

    /// `invalid_grant`, the one answer for all that a guesser should not tell apart.
    #[must_use]
    pub fn invalid_grant(description: &str) -> Self {
        Self::refused(ErrorCode::InvalidGrant, description)
    }

    /// What the peer is told: the one place that maps errors to the wire.
    #[must_use]
    pub fn to_wire(&self) -> (StatusCode, ErrorResponse) {
        match self {
            Self::Refused(error) => (status(&error.error), tame(error)),
            Self::Store(_) | Self::Contention => (
                StatusCode::SERVICE_UNAVAILABLE,
                ErrorResponse::new(
                    ErrorCode::TemporarilyUnavailable,
                    "the server can't answer now; try again",
                ),
            ),
            Self::Internal(_) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                ErrorResponse::new(ErrorCode::ServerError, "the server failed"),
            ),
        }
    }
}

/// RFC 6749 sections 4.1.2.1 and 5.2: a description has no characters "outside the set %x20-21 /
/// %x23-5B / %x5D-7E", so the quotes around the names of parameters become single ones.
fn tame(error: &ErrorResponse) -> ErrorResponse {
    let tame = |c| match c {
        '"' => '\'',
        ' '..='~' if c != '\\' => c,
        _ => '?',
    };
    let description = error.description.as_deref();
    ErrorResponse {
        description: description.map(|text| text.chars().map(tame).collect()),
        ..error.clone()
    }
}

fn status(code: &ErrorCode) -> StatusCode {
    match code {
        ErrorCode::InvalidClient => StatusCode::UNAUTHORIZED,
        ErrorCode::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
        ErrorCode::TemporarilyUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::BAD_REQUEST,
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(error) => error.fmt(f),
            Self::Store(error) => write!(f, "the store failed: {error}"),
            Self::Contention => f.write_str("the record changed under every try"),
            Self::Internal(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Store(error) => Some(error),
            _ => None,
        }
    }
}

impl From<grantor_store::Error> for Error {
    fn from(error: grantor_store::Error) -> Self {
        Self::Store(error)
    }
}

impl From<ErrorResponse> for Error {
    fn from(error: ErrorResponse) -> Self {
        Self::Refused(error)
    }
}
