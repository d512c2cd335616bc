//! When a token request is sent again.

use std::time::Duration;

use http::StatusCode;

use crate::error_response::ErrorCode;
use crate::token::TokenError;

/// The rules for repeating a token request.
///
/// This is about repeating at once, while a caller waits. More requests may succeed
/// later: see [`TokenError::is_transient`].
#[derive(Debug, Clone, PartialEq)]
pub struct Retry {
    /// How often the request is sent at most. 3 by default.
    pub attempts: u32,
    /// The statuses of answers after which it is sent again; 408, 429, 500, 502, 503 and 504 by
    /// default. An answer that says `temporarily_unavailable` or `server_error` with a status below
    /// 500 counts as 503.
    pub statuses: Vec<StatusCode>,
    /// The first pause; it doubles from try to try. 200 ms by default.
    pub first_pause: Duration,
    /// The longest pause. 5 s by default.
    pub longest_pause: Duration,
    /// The longest `Retry-After` that is waited for. If the server asks for more, that is the error.
    /// 20 s by default.
    pub longest_retry_after: Duration,
    /// No try begins later than this after the first. 20 s by default.
    pub limit: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            attempts: 3,
            statuses: vec![
                StatusCode::REQUEST_TIMEOUT,
                StatusCode::TOO_MANY_REQUESTS,
                StatusCode::INTERNAL_SERVER_ERROR,
                StatusCode::BAD_GATEWAY,
                StatusCode::SERVICE_UNAVAILABLE,
                StatusCode::GATEWAY_TIMEOUT,
            ],
            first_pause: Duration::from_millis(200),
            longest_pause: Duration::from_secs(5),
            longest_retry_after: Duration::from_secs(20),
            limit: Duration::from_secs(20),
        }
    }
}

impl Retry {
    /// One try and no more.
    #[must_use]
    pub fn never() -> Self {
        Self {
            attempts: 1,
            ..Self::default()
        }
    }

    /// Returns whether an answer is one after which the request is sent again.
    pub(super) fn covers(&self, error: &TokenError) -> bool {
        self.statuses.contains(&status(error))
    }
}

fn status(error: &TokenError) -> StatusCode {
    match error {
        TokenError::Refused { status, error, .. } => match error.error {
            ErrorCode::TemporarilyUnavailable | ErrorCode::ServerError
                if !status.is_server_error() && *status != StatusCode::TOO_MANY_REQUESTS =>
            {
                StatusCode::SERVICE_UNAVAILABLE
            }
            _ => *status,
        },
        TokenError::Unexpected { status, .. } => *status,
    }
}
