//! The service of one connection.

use std::error::Error;
use std::fmt;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::Arc;

use grantor_core::PeerAddress;
use http::header::{CONNECTION, HeaderValue};
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::service::service_fn;
use tower_service::Service;

use crate::answer::{Outgoing, refusal};
use crate::body::Body;
use crate::watch::{Phase, Watch};
use crate::{framing, host};

/// An error of any service.
pub(crate) type BoxError = Box<dyn Error + Send + Sync>;

/// One connection's service: hands each request to a clone of `service`.
pub(crate) fn service<S, B>(
    service: S,
    watch: Arc<Watch>,
    peer: SocketAddr,
    max_body: usize,
) -> impl hyper::service::Service<
    Request<Incoming>,
    Response = Response<Outgoing<B>>,
    Error = BoxError,
    Future: Send,
> + Send
where
    S: Service<Request<Body>, Response = Response<B>, Error: Into<BoxError>>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
    B: http_body::Body + Send + 'static,
{
    service_fn(move |request: Request<Incoming>| {
        let mut service = service.clone();
        let watch = Arc::clone(&watch);
        async move {
            let mut request = request.map(|body| Body::new(body, max_body, &watch));
            let waiting_for = match http_body::Body::is_end_stream(request.body()) {
                true => Phase::Working,
                false => Phase::Body,
            };
            if !watch.begin(waiting_for) {
                return Err(BoxError::from(Closing));
            }
            if let Some((status, text)) = refuse(&request) {
                drop(request);
                return Ok(refusal(status, text, watch));
            }
            let is_too_long = request.body().is_too_long();
            request.extensions_mut().insert(PeerAddress(peer.ip()));
            poll_fn(|context| service.poll_ready(context))
                .await
                .map_err(Into::into)?;
            let mut response = service.call(request).await.map_err(Into::into)?;
            // The service may answer before it has read the body, or keep the body elsewhere.
            watch.step(Phase::Body, Phase::Working);
            if watch.is_overrun() {
                return Ok(refusal(StatusCode::PAYLOAD_TOO_LARGE, TOO_LONG, watch));
            }
            if watch.draining() || is_too_long {
                response
                    .headers_mut()
                    .insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok(response.map(|body| Outgoing::new(body, watch)))
        }
    })
}

fn refuse(request: &Request<Body>) -> Option<(StatusCode, &'static str)> {
    if !host::is_valid(request) {
        return Some((StatusCode::BAD_REQUEST, NO_HOST));
    }
    framing::refuse(request.headers())
}

/// A request came in the moment its connection was being closed.
#[derive(Debug)]
struct Closing;

impl fmt::Display for Closing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection is being closed")
    }
}

impl Error for Closing {}

const NO_HOST: &str = "a request needs one Host header, with a name or an address\n";
const TOO_LONG: &str = "the request is longer than this server takes\n";
