//! The server as the other side of a client or of an API, without a socket.

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use grantor::core::BoxFuture;
use grantor::http::{Transport, TransportError};
use http::{Request, Response};
use http_body_util::BodyExt;
use tower::ServiceExt;

/// Sends every request to a router.
#[derive(Debug, Clone)]
pub(crate) struct InProcess(pub(crate) Router);

impl Transport for InProcess {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        let router = self.0.clone();
        Box::pin(async move {
            let Ok(answer) = router.oneshot(request.map(Body::from)).await;
            let (head, body) = answer.into_parts();
            let body = body.collect().await;
            let body = body.map_err(|_| TransportError::unknown("the body can't be read"))?;
            Ok(Response::from_parts(head, body.to_bytes()))
        })
    }
}
