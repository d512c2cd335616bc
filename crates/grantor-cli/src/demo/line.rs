//! A transport that can be exchanged while clients hold it.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use grantor_core::BoxFuture;
use grantor_http::{Transport, TransportError};
use http::{Request, Response};

/// A transport that leads over another one in every step, though those who use it were built once.
/// Clones lead over the same one.
#[derive(Debug, Clone)]
pub(super) struct Line(Arc<Mutex<Option<Arc<dyn Transport>>>>);

impl Line {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(None)))
    }

    pub(super) fn lead_over(&self, transport: Arc<dyn Transport>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(transport);
    }
}

impl Transport for Line {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        let transport = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let transport = transport.clone();
        Box::pin(async move {
            match transport {
                Some(transport) => transport.send(request).await,
                None => Err(TransportError::unsent("no step has begun")),
            }
        })
    }
}
