//! Reasons for which a document cannot be fetched.

use std::fmt;
use std::sync::Arc;

use grantor_core::ErrorCode;
use http::StatusCode;

use crate::error::{Error, Refusal};

/// The reason why there is no document. No message has a query, a header or a body, and none tells a stranger how
/// a connection failed: that is in the source, for the log.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum FetchError {
    /// The URL is none that the server fetches.
    Refused(&'static str),
    /// The server has no transport, or one that may connect to any address.
    NoTransport(Arc<str>),
    /// There was no answer.
    NoAnswer(Arc<dyn std::error::Error + Send + Sync>),
    /// The answer took too long.
    TooSlow,
    /// The answer has another status than 200. Redirects are not followed.
    Status(u16),
    /// The document is larger than the server reads.
    TooLarge,
    /// The document can't be used.
    Malformed(Arc<str>),
    /// Too much is being fetched, or has been fetched from this host.
    TooMany,
}

impl FetchError {
    /// Whether the same request may succeed soon, without a change at either end.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            // For every reason: a name that leads to a private address must not differ from one that
            // does not exist, or strangers learn the names of the server's network.
            Self::NoAnswer(_) | Self::TooSlow | Self::TooMany => true,
            Self::Status(status) => *status == 429 || *status >= 500,
            Self::Refused(_) | Self::NoTransport(_) | Self::TooLarge | Self::Malformed(_) => false,
        }
    }

    /// The refusal of a client that needs `document`, with the reason for its developer. A document that
    /// can't be had now is no reason to forget a client: the same request may succeed later.
    pub(crate) fn refusing(&self, document: &str) -> Error {
        let error = self as &dyn std::error::Error;
        tracing::info!(error, document, "a client is refused without it");
        if self.is_transient() {
            let description = format!("{document} can't be had: {self}");
            let refusal = Refusal::new(ErrorCode::TemporarilyUnavailable, description);
            return refusal.with_status(StatusCode::SERVICE_UNAVAILABLE).into();
        }
        let description = format!("{document} can't be used: {self}");
        Error::refused(ErrorCode::InvalidClient, description)
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(why) => f.write_str(why),
            Self::NoTransport(why) => f.write_str(why),
            Self::NoAnswer(_) => f.write_str("the host did not answer"),
            Self::TooSlow => f.write_str("the host did not answer in time"),
            Self::Status(status) => write!(f, "the host answered with status {status}"),
            Self::TooLarge => f.write_str("the document is too large"),
            Self::Malformed(why) => write!(f, "the document is malformed: {why}"),
            Self::TooMany => f.write_str("too much is being fetched; try again in a minute"),
        }
    }
}

impl std::error::Error for FetchError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NoAnswer(error) => Some(&**error),
            _ => None,
        }
    }
}
