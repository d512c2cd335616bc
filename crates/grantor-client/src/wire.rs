//! How requests go to the authorization server: signed, with the user's hooks around them, within a time,
//! and not while the server asked to be left alone.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use grantor_core::{BoxFuture, Environment, TokenError, TokenResponse};
use grantor_http::{Transport, TransportError};
use http::{Request, Response};

use crate::Error;
use crate::assertion::Unsigned;
use crate::echo::Sent;
use crate::hook::{Call, Hooks};

/// A transport for one kind of request.
#[derive(Debug, Clone)]
pub(crate) struct Wire {
    pub(crate) call: Call,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) hooks: Arc<Hooks>,
    /// How long a request may take.
    pub(crate) limit: Duration,
    pub(crate) environment: Environment,
    /// What is noted of answers.
    pub(crate) throttle: Option<Arc<Throttle>>,
    /// Why the last request was not signed.
    pub(crate) unsigned: Arc<Mutex<Option<Error>>>,
}

impl Wire {
    /// Why the last request was not sent, if that is because it could not be signed.
    pub(crate) fn unsigned(&self) -> Option<Error> {
        let unsigned = self.unsigned.lock();
        unsigned.unwrap_or_else(PoisonError::into_inner).take()
    }

    async fn sign(&self, request: &mut Request<Bytes>) -> Result<(), TransportError> {
        let signed = Unsigned::sign(request, &self.environment).await;
        let error = signed.map_err(Error::from);
        let unsigned = self.unsigned.lock();
        *unsigned.unwrap_or_else(PoisonError::into_inner) = error.as_ref().err().cloned();
        error.map_err(|error| TransportError::unsent(error.to_string()).with_source(error))
    }
}

impl Transport for Wire {
    fn send(
        &self,
        mut request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        Box::pin(async move {
            let round = async {
                self.sign(&mut request).await?;
                self.hooks.on_request(self.call, &mut request).await;
                let sent = Sent::of(&request);
                let mut response = self.transport.send(request).await?;
                self.hooks.on_response(self.call, &mut response).await;
                sent.take_out_of(&mut response);
                if let Some(throttle) = &self.throttle {
                    throttle.observe(&response, self.environment.clock.elapsed());
                }
                Ok(response)
            };
            match tokio::time::timeout(self.limit, round).await {
                Ok(answer) => answer,
                Err(_) => Err(TransportError::unknown(format!(
                    "no answer within {} s",
                    self.limit.as_secs_f32()
                ))),
            }
        })
    }
}

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
