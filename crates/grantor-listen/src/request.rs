use std::error::Error;
use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;

use http::header::{CONNECTION, HeaderValue};
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use tower_service::Service;

use crate::body::{Body, Outgoing};
use crate::watch::{Phase, Watch};

/// An error of any service.
pub(crate) type BoxError = Box<dyn Error + Send + Sync>;

/// One connection's service: hands each request to a clone of `service`.
pub(crate) fn service<S, B>(
    service: S,
    watch: Arc<Watch>,
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
            let request = request.map(|incoming| Body::new(incoming, &watch));
            let waiting_for = match http_body::Body::is_end_stream(request.body()) {
                true => Phase::Working,
                false => Phase::Body,
            };
            if !watch.begin(waiting_for) {
                return Err(BoxError::from(Closing));
            }
            poll_fn(|context| service.poll_ready(context))
                .await
                .map_err(Into::into)?;
            let mut response = service.call(request).await.map_err(Into::into)?;
            // The service may answer before it has read the body, or keep the body elsewhere.
            watch.step(Phase::Body, Phase::Working);
            if watch.draining() {
                response
                    .headers_mut()
                    .insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok(response.map(|body| Outgoing::new(body, watch)))
        }
    })
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
