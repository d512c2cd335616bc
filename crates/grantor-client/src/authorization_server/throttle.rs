//! `Retry-After` of the token endpoint, for all who would ask it.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use grantor_core::{TokenError, TokenResponse};
use http::Response;

/// Until when a token endpoint wants to be left alone, for all who would ask it.
#[derive(Default)]
pub(crate) struct Throttle(Mutex<Option<Duration>>);

impl Throttle {
    /// Notes what an answer says of it. `now` is a clock that never goes back.
    pub(crate) fn observe(&self, answer: &Response<Bytes>, now: Duration) {
        if answer.status().is_success() {
            return;
        }
        let said = match TokenResponse::from_response(answer) {
            Err(error @ (TokenError::Refused { .. } | TokenError::Unexpected { .. })) => {
                error.retry_after().filter(|_| error.is_transient())
            }
            _ => None,
        };
        if let Some(pause) = said {
            let mut until = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            *until = (*until).max(Some(now + pause));
        }
    }

    /// How long it still does.
    pub(crate) fn left(&self, now: Duration) -> Option<Duration> {
        let mut until = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = until.and_then(|until| until.checked_sub(now));
        let left = left.filter(|left| !left.is_zero());
        if left.is_none() {
            *until = None;
        }
        left
    }
}

impl fmt::Debug for Throttle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Throttle").finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, retry_after: Option<u32>) -> Response<Bytes> {
        let mut response = Response::builder().status(status);
        if let Some(seconds) = retry_after {
            response = response.header("retry-after", seconds);
        }
        response.body(Bytes::new()).unwrap()
    }

    #[test]
    fn the_longest_wish_counts_until_it_is_over() {
        let throttle = Throttle::default();
        let second = Duration::from_secs;
        assert_eq!(throttle.left(second(0)), None);
        throttle.observe(&answer(429, Some(10)), second(0));
        throttle.observe(&answer(503, Some(5)), second(0));
        throttle.observe(&answer(500, None), second(1));
        throttle.observe(&answer(400, Some(60)), second(1));
        throttle.observe(&answer(200, Some(60)), second(1));
        assert_eq!(throttle.left(second(4)), Some(second(6)));
        assert_eq!(throttle.left(second(10)), None);
    }
}
