//! `Retry-After`, for all who would send to the endpoint that said it.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use grantor_core::{TokenError, TokenResponse};
use http::Response;
use url::Url;

/// Until when each endpoint asked not to be called.
#[derive(Default)]
pub(crate) struct Throttles(Mutex<HashMap<Url, Duration>>);

impl Throttles {
    /// Notes the pause that an answer asks for. `now` is a clock that never goes back.
    pub(crate) fn observe(&self, endpoint: &Url, answer: &Response<Bytes>, now: Duration) {
        if answer.status().is_success() {
            return;
        }
        let pause = match TokenResponse::from_response(answer) {
            Err(error @ (TokenError::Refused { .. } | TokenError::Unexpected { .. })) => {
                error.retry_after().filter(|_| error.is_transient())
            }
            _ => None,
        };
        if let Some(pause) = pause {
            let mut all = self.all();
            let until = all.entry(endpoint.clone()).or_default();
            *until = (*until).max(now + pause);
        }
    }

    /// How long an endpoint must not be called yet.
    pub(crate) fn left(&self, endpoint: &Url, now: Duration) -> Option<Duration> {
        let mut all = self.all();
        let left = all.get(endpoint).and_then(|until| until.checked_sub(now));
        let left = left.filter(|left| !left.is_zero());
        if left.is_none() {
            all.remove(endpoint);
        }
        left
    }

    fn all(&self) -> MutexGuard<'_, HashMap<Url, Duration>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Throttles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Throttles").finish()
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

    fn endpoint(path: &str) -> Url {
        format!("https://idp.example/{path}").parse().unwrap()
    }

    #[test]
    fn the_longest_wish_counts_until_it_is_over() {
        let throttles = Throttles::default();
        let second = Duration::from_secs;
        let token = endpoint("token");
        assert_eq!(throttles.left(&token, second(0)), None);
        throttles.observe(&token, &answer(429, Some(10)), second(0));
        throttles.observe(&token, &answer(503, Some(5)), second(0));
        throttles.observe(&token, &answer(500, None), second(1));
        throttles.observe(&token, &answer(400, Some(60)), second(1));
        throttles.observe(&token, &answer(200, Some(60)), second(1));
        assert_eq!(throttles.left(&token, second(4)), Some(second(6)));
        assert_eq!(throttles.left(&token, second(10)), None);
    }

    #[test]
    fn an_endpoint_speaks_for_itself_alone() {
        let throttles = Throttles::default();
        let second = Duration::from_secs;
        throttles.observe(&endpoint("token"), &answer(429, Some(10)), second(0));
        assert_eq!(throttles.left(&endpoint("revoke"), second(0)), None);
        assert_eq!(
            throttles.left(&endpoint("token"), second(0)),
            Some(second(10))
        );
    }
}
