//! Answers of a token endpoint that hold no token (RFC 6749 section 5.2).

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use http::StatusCode;

use crate::answer::is_transient;
use crate::error_response::{ErrorCode, ErrorResponse};

/// The reason why there is no token.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenError {
    /// The server said no, in OAuth's words.
    Refused {
        /// The status of the answer.
        status: StatusCode,
        /// The error response.
        error: ErrorResponse,
        /// When to try again.
        retry_after: Option<Duration>,
    },
    /// The server answered something that is no answer of a token endpoint.
    Unexpected {
        /// The status of the answer.
        status: StatusCode,
        /// The fault of the answer; nothing of its body.
        reason: Cow<'static, str>,
        /// When to try again.
        retry_after: Option<Duration>,
    },
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { error, .. } => write!(f, "the token endpoint refused: {error}"),
            Self::Unexpected { status, reason, .. } => write!(
                f,
                "the token endpoint answered {} and {reason}",
                status.as_u16()
            ),
        }
    }
}

impl std::error::Error for TokenError {}

impl TokenError {
    /// Returns whether the same request may succeed later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Refused { status, error, .. } => {
                is_transient(*status)
                    || matches!(
                        error.error,
                        ErrorCode::TemporarilyUnavailable | ErrorCode::ServerError
                    )
            }
            Self::Unexpected { status, .. } => is_transient(*status),
        }
    }

    /// When the server wants to be asked again.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } | Self::Unexpected { retry_after, .. } => {
                *retry_after
            }
        }
    }

    /// Returns whether the code or refresh token that was presented is no longer good.
    #[must_use]
    pub fn is_invalid_grant(&self) -> bool {
        self.code().is_some_and(ErrorCode::is_invalid_grant)
    }

    /// Returns whether the user has to do something in a browser first; what was presented stays
    /// good.
    #[must_use]
    pub fn needs_user(&self) -> bool {
        self.code().is_some_and(ErrorCode::needs_user)
    }

    /// The code of a refusal.
    #[must_use]
    pub fn code(&self) -> Option<&ErrorCode> {
        match self {
            Self::Refused { error, .. } => Some(&error.error),
            Self::Unexpected { .. } => None,
        }
    }
}
