//! A grant whose user decides elsewhere, and the pace at which its client may ask (RFC 8628 section 3.5, CIBA
//! Core section 11).

use std::time::Duration;

use grantor_core::{ErrorCode, ErrorResponse};

use super::refuse;

/// A grant that waits for its user.
pub(super) struct Waiting {
    pub(super) client_id: Option<String>,
    pub(super) interval: Duration,
    pub(super) expires_at: Option<Duration>,
    polled_at: Option<Duration>,
    pub(super) decision: Option<Result<(), ErrorCode>>,
}

impl Waiting {
    pub(super) fn new(
        client_id: Option<String>,
        interval: Duration,
        expires_at: Option<Duration>,
    ) -> Self {
        Self {
            client_id,
            interval,
            expires_at,
            polled_at: None,
            decision: None,
        }
    }

    /// The answer to its client, which asks at this time.
    pub(super) fn poll(
        &mut self,
        client_id: Option<&str>,
        now: Option<Duration>,
    ) -> Result<(), ErrorResponse> {
        if self.client_id.as_deref() != client_id {
            return refuse(ErrorCode::InvalidGrant, "it is of another client");
        }
        let is_over = |(end, now)| now >= end;
        if self.expires_at.zip(now).is_some_and(is_over) {
            return refuse(ErrorCode::ExpiredToken, "the user did not decide in time");
        }
        let before = std::mem::replace(&mut self.polled_at, now).zip(now);
        let too_soon =
            before.is_some_and(|(before, now)| now.saturating_sub(before) < self.interval);
        if too_soon {
            // "the interval MUST be increased by 5 seconds for this and all subsequent requests"
            self.interval += Duration::from_secs(5);
            return refuse(ErrorCode::SlowDown, "polled too soon");
        }
        match &self.decision {
            None => refuse(ErrorCode::AuthorizationPending, "the user has not decided"),
            Some(Err(code)) => refuse(code.clone(), "there is no token"),
            Some(Ok(())) => Ok(()),
        }
    }
}
