//! A transport that asks a function.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use grantor_core::BoxFuture;
use http::{Request, Response};

use grantor_http::{Addresses, Transport, TransportError};

type Answer = Result<Response<Bytes>, TransportError>;
type Handler = dyn Fn(Request<Bytes>) -> BoxFuture<'static, Answer> + Send + Sync;

/// A transport that asks a function instead of a network, and remembers what was sent. Clones share
/// both.
#[derive(Clone)]
pub struct FakeTransport {
    handler: Arc<Handler>,
    sent: Arc<Mutex<Vec<Request<Bytes>>>>,
    addresses: Addresses,
}

impl FakeTransport {
    /// Answers by a function.
    pub fn new<F, A>(handler: F) -> Self
    where
        F: Fn(Request<Bytes>) -> A + Send + Sync + 'static,
        A: Future<Output = Answer> + Send + 'static,
    {
        Self {
            handler: Arc::new(move |request| Box::pin(handler(request))),
            sent: Arc::default(),
            addresses: Addresses::Any,
        }
    }

    /// As one that promises to connect to public addresses alone.
    #[must_use]
    pub fn to_public_addresses(mut self) -> Self {
        self.addresses = Addresses::Public;
        self
    }

    /// Gives these answers one after the other, and no answer when they are used up.
    pub fn script(answers: impl IntoIterator<Item = Answer>) -> Self {
        let answers = Mutex::new(answers.into_iter().collect::<VecDeque<_>>());
        Self::new(move |_| {
            let mut answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
            let unsent = || Err(TransportError::unsent("the script is over"));
            std::future::ready(answers.pop_front().unwrap_or_else(unsent))
        })
    }

    /// Returns the requests that were sent so far, in order.
    #[must_use]
    pub fn sent(&self) -> Vec<Request<Bytes>> {
        let sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.clone()
    }
}

impl Transport for FakeTransport {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Answer> {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.push(request.clone());
        drop(sent);
        (self.handler)(request)
    }

    fn addresses(&self) -> Addresses {
        self.addresses
    }
}

impl fmt::Debug for FakeTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeTransport").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_script_is_played_and_remembered() {
        let transport = FakeTransport::script([Ok(Response::new(Bytes::from_static(b"a")))]);
        let request = || Request::get("https://a.example/x").body(Bytes::new());
        let first = transport.send(request().unwrap()).await;
        assert_eq!(&first.unwrap().body()[..], b"a");
        assert!(transport.send(request().unwrap()).await.is_err());
        assert_eq!(transport.sent().len(), 2);
        assert_eq!(transport.sent()[0].uri().path(), "/x");
    }
}
