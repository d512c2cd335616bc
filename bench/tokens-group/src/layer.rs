//! The cost of the tower layer above a service that does nothing.

use std::cell::Cell;
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::hint::black_box;
use std::rc::Rc;
use std::task::{Context, Poll};

use harness::{Group, Result, Side, nanoseconds_per_call};
use http::{HeaderMap, Request, Response, Uri};
use tower::{Layer, Service};

use crate::Call;
use crate::ours::{self, at_once};

/// Measures it.
///
/// # Errors
///
/// There is no token, or the group reports none of its rows.
pub fn measure(group: &mut Group) -> Result<()> {
    let window = group.options().window / 6;
    let (mut with_layer, mut bare) = (set_up()?, calls(|keep| keep));
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
pub fn set_up() -> Result<Call> {
    let layer = ours::warm()?.layer();
    Ok(calls(|keep| layer.layer(keep)))
}

/// Its row.
pub const NAME: &str = "layer";

fn calls<S>(wrap: impl FnOnce(Keep) -> S) -> Call
where
    S: Service<Request<()>, Response = Response<()>> + 'static,
{
    let mut request = Request::new(());
    *request.headers_mut() = HeaderMap::with_capacity(8);
    *request.uri_mut() = Uri::from_static("https://api.example/things?page=1");
    let kept = Rc::new(Cell::new(Some(request)));
    let mut service = wrap(Keep(Rc::clone(&kept)));
    Box::new(move || {
        let Some(mut request) = kept.take() else {
            panic!("the service kept no request")
        };
        request.headers_mut().clear();
        let answer = at_once(service.call(black_box(request)));
        let Some(Ok(_)) = black_box(answer) else {
            panic!("a measured call got no answer")
        };
    })
}

/// Keeps the request, so that the next call has one with room in its header map.
#[derive(Clone)]
struct Keep(Rc<Cell<Option<Request<()>>>>);

impl Service<Request<()>> for Keep {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = Ready<std::result::Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<std::result::Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        self.0.set(Some(request));
        ready(Ok(Response::new(())))
    }
}
