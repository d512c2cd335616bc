//! The error that a request over ureq ended with, by its origin.

use std::error::Error as StdError;
use std::fmt;

use crate::doors::failure::RequestFailure;
use crate::error::Error;

/// The reason why a request has no answer, or an answer without a usable body: mostly the error of
/// the token, or ureq's own.
///
/// The operator `?` converts both. It removes the URL, whose query may hold the token.
///
/// ```no_run
/// use grantor_client::blocking::{SendError, Session};
///
/// fn things(api: &Session) -> Result<String, SendError> {
///     Ok(api.get("things").send()?.body_mut().read_to_string()?)
/// }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum SendError {
    /// There is no token, or the request can't carry one.
    Token(Error),
    /// The request can't be built, it got no answer, or its answer can't be read.
    Request(ureq::Error),
    /// The API redirects more than ten times.
    TooManyRedirects,
    /// There is no URL to send to: the path can't be joined to the base URL of the session, or names
    /// nothing that HTTP can send to. This is why.
    InvalidUrl(String),
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(error) => error.fmt(f),
            Self::Request(error) => error.fmt(f),
            Self::TooManyRedirects => f.write_str(RequestFailure::TOO_MANY_REDIRECTS),
            Self::InvalidUrl(why) => f.write_str(why),
        }
    }
}

impl StdError for SendError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Token(error) => Some(error),
            Self::Request(error) => Some(error),
            Self::TooManyRedirects | Self::InvalidUrl(_) => None,
        }
    }
}

impl From<RequestFailure> for SendError {
    fn from(failure: RequestFailure) -> Self {
        match failure {
            RequestFailure::TooManyRedirects => Self::TooManyRedirects,
            RequestFailure::InvalidUrl(why) => Self::InvalidUrl(why),
        }
    }
}

impl From<Error> for SendError {
    fn from(error: Error) -> Self {
        Self::Token(error)
    }
}

impl From<ureq::Error> for SendError {
    fn from(error: ureq::Error) -> Self {
        Self::Request(match error {
            ureq::Error::BadUri(_) => ureq::Error::BadUri("its scheme or host is missing".into()),
            ureq::Error::RequireHttpsOnly(_) => {
                ureq::Error::RequireHttpsOnly("the URL has another scheme".into())
            }
            other => other,
        })
    }
}
