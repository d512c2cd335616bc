//! What the tower layer adds to a service that does nothing.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::hint::black_box;
use std::task::{Context, Poll};

use harness::{Group, Result, Side, nanoseconds_per_call};
use http::{HeaderMap, Request, Response, Uri};
use tower::{Layer, Service};

use crate::ours::{self, at_once};
use crate::peers::Call;

pub(crate) fn measure(group: &mut Group) -> Result<()> {
    let window = group.options().window / 6;
    let (mut with_layer, mut bare) = (set_up()?, calls(Echo));
    let mut measure = || {
        let beside = nanoseconds_per_call(window, &mut bare);
        Ok(nanoseconds_per_call(window, &mut with_layer) - beside)
    };
    let side = Side {
        bench: NAME,
        measure: &mut measure,
    };
    group.alone(side, "ns", Some(150.0))?;
    group.count(NAME, &["count", NAME], Some(0.0))
}

/// One call through the layer.
///
/// # Errors
///
/// There is no token.
pub(crate) fn set_up() -> Result<Call> {
    Ok(calls(ours::warm()?.layer().layer(Echo)))
}

pub(crate) const NAME: &str = "layer";

fn calls<S>(mut service: S) -> Call
where
    S: Service<Request<()>, Response = Response<Request<()>>> + 'static,
{
    let mut request = Request::new(());
    *request.headers_mut() = HeaderMap::with_capacity(8);
    *request.uri_mut() = Uri::from_static("https://api.example/things?page=1");
    let mut kept = Some(request);
    Box::new(move || {
        let request = kept.take();
        let called = request.map(|request| at_once(service.call(black_box(request))));
        let Some(Some(Ok(answer))) = called else {
            panic!("a measured call got no answer")
        };
        let mut request = answer.into_body();
        request.headers_mut().clear();
        kept = Some(request);
    })
}

/// Answers with the request, so that the next call has one with room in its header map.
#[derive(Debug, Clone, Copy)]
struct Echo;

impl Service<Request<()>> for Echo {
    type Response = Response<Request<()>>;
    type Error = Infallible;
    type Future = Ready<std::result::Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<std::result::Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        ready(Ok(Response::new(request)))
    }
}
