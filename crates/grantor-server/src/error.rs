//! The errors of a server.

use std::fmt;

use grantor_core::{ErrorCode, ErrorResponse};
use http::{HeaderName, HeaderValue, StatusCode};

/// The reason why the server can't do as it was asked.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The request was refused; the peer gets the reason as an OAuth error.
    Refused(Refusal),
    /// The store failed. The peer learns only that the server can't answer now.
    Store(grantor_store::Error),
    /// Too much of this work is waiting already.
    Busy,
    /// The record changed under every try.
    Contention,
    /// The site did what its contract forbids.
    Site(SiteMisuse),
    /// Something that can't be signed, or another fault of the server.
    Internal(String),
}

/// A refusal: an OAuth error, with the status and the headers that its answer carries beyond those
/// of every answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// The error code and its description.
    pub response: ErrorResponse,
    /// The status; that of the error code, if absent.
    pub status: Option<StatusCode>,
    /// Further headers, such as `WWW-Authenticate`, `DPoP-Nonce` and `Retry-After`.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

/// A breach of the contract of [`Site`](crate::Site).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SiteMisuse {
    /// It decided, though no form of its own came back.
    DecidedWithoutForm,
    /// It answered [`Decision::Remembered`](crate::Decision::Remembered), but this user never
    /// allowed this scope there, or the client asked with `prompt=consent`.
    NotRemembered,
    /// It allowed a scope or a resource that was not requested.
    AllowedTooMuch,
    /// The state of a form is over 1 KiB.
    LargeFormState,
}

impl Refusal {
    /// A refusal with a description.
    pub fn new(code: ErrorCode, description: impl Into<String>) -> Self {
        ErrorResponse::new(code, description).into()
    }

    /// With another status than that of the error code.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = Some(status);
        self
    }

    /// With a further header.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }
}

impl From<ErrorResponse> for Refusal {
    fn from(response: ErrorResponse) -> Self {
        Self {
            response,
            status: None,
            headers: Vec::new(),
        }
    }
}

impl Error {
    /// A refusal with a description.
    pub fn refused(code: ErrorCode, description: impl Into<String>) -> Self {
        Self::Refused(Refusal::new(code, description))
    }

    /// `invalid_grant`, the one answer for everything that a guesser must not tell apart.
    #[must_use]
    pub fn invalid_grant(description: &str) -> Self {
        Self::refused(ErrorCode::InvalidGrant, description)
    }

    /// `invalid_request`.
    #[must_use]
    pub fn invalid_request(description: impl Into<String>) -> Self {
        Self::refused(ErrorCode::InvalidRequest, description)
    }

    /// The status and the OAuth error that the peer gets: the one place that maps errors to the
    /// wire.
    #[must_use]
    pub fn to_wire(&self) -> (StatusCode, ErrorResponse) {
        match self {
            Self::Refused(refusal) => {
                let status = refusal.status;
                let status = status.unwrap_or_else(|| status_of(&refusal.response.error));
                (status, as_error_description(&refusal.response))
            }
            Self::Store(_) | Self::Contention | Self::Busy => (
                StatusCode::SERVICE_UNAVAILABLE,
                ErrorResponse::new(
                    ErrorCode::TemporarilyUnavailable,
                    "the server can't answer now; try again",
                ),
            ),
            Self::Site(_) | Self::Internal(_) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                ErrorResponse::new(ErrorCode::ServerError, "the server failed"),
            ),
        }
    }
}

/// RFC 6749 sections 4.1.2.1 and 5.2: a description has no characters "outside the set %x20-21 /
/// %x23-5B / %x5D-7E", so the quotes around the names of parameters become single ones.
fn as_error_description(error: &ErrorResponse) -> ErrorResponse {
    let allowed = |c| match c {
        '"' => '\'',
        ' '..='~' if c != '\\' => c,
        _ => '?',
    };
    let description = error.description.as_deref();
    ErrorResponse {
        description: description.map(|text| text.chars().map(allowed).collect()),
        ..error.clone()
    }
}

fn status_of(code: &ErrorCode) -> StatusCode {
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
            Self::Refused(refusal) => refusal.response.fmt(f),
            Self::Store(error) => write!(f, "the store failed: {error}"),
            Self::Busy => f.write_str("too much work of this kind is waiting"),
            Self::Contention => f.write_str("the record changed under every try"),
            Self::Site(misuse) => write!(f, "the site broke its contract: {misuse}"),
            Self::Internal(message) => f.write_str(message),
        }
    }
}

impl fmt::Display for SiteMisuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DecidedWithoutForm => "it decided without a form of its own page",
            Self::NotRemembered => {
                "`Site::consent` answered `Remembered`, but this user never allowed this scope \
                 there, or the client asked with prompt=consent"
            }
            Self::AllowedTooMuch => "it allowed more than was requested",
            Self::LargeFormState => "the state of a form is over 1 KiB",
        })
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
        Self::Refused(error.into())
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
