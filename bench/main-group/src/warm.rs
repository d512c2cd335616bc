//! What a token costs whoever calls an API, once there is one: `prepare` on a request with room in
//! its header map, the look at the origin and the reading of the clock included.

use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use grantor_client::Tokens;
use grantor_testkit::FakeServer;
use harness::{Result, nanoseconds_per_call};
use http::{HeaderMap, Request, Uri};

/// The nanoseconds that one `prepare` takes.
pub(crate) fn nanoseconds(window: Duration) -> Result<f64> {
    let (tokens, mut request) = warm()?;
    Ok(nanoseconds_per_call(window, || {
        prepare(&tokens, &mut request)
    }))
}

/// Makes `calls` of them, to be counted.
pub(crate) fn repeat(calls: u64) -> Result<()> {
    let (tokens, mut request) = warm()?;
    prepare(&tokens, &mut request);
    counted_calls(&tokens, &mut request, calls);
    Ok(())
}

#[inline(never)]
fn counted_calls(tokens: &Tokens, request: &mut Request<()>, calls: u64) {
    for _ in 0..calls {
        prepare(tokens, request);
    }
}

fn warm() -> Result<(Tokens, Request<()>)> {
    let tokens = Tokens::client_credentials("https://idp.example", "app", "s3cret")
        .transport(FakeServer::new("https://idp.example"))
        .only("https://api.example")
        .build()?;
    tokens.get_blocking()?;
    let mut request = Request::new(());
    *request.headers_mut() = HeaderMap::with_capacity(8);
    *request.uri_mut() = Uri::from_static("https://api.example/things?page=1");
    Ok((tokens, request))
}

/// Prepares the request and takes the header off again.
fn prepare(tokens: &Tokens, request: &mut Request<()>) {
    let mut context = Context::from_waker(Waker::noop());
    let prepared = match pin!(tokens.prepare(black_box(request))).poll(&mut context) {
        Poll::Ready(attempt) => attempt.is_ok(),
        Poll::Pending => false,
    };
    assert!(black_box(prepared), "the token is there");
    request.headers_mut().clear();
}
