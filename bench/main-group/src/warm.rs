//! The cost of a cached token for the caller of an API: `prepare` on a request with room in
//! its header map, the look at the origin and the reading of the clock included.

use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use grantor_client::{Attempt, Tokens};
use grantor_testkit::FakeServer;
use harness::Result;
use http::{HeaderMap, Request, Uri};

/// The nanoseconds that one `prepare` takes. Taking the header off again is not measured: calls are
/// made in batches, and the clock is stopped between them.
pub(crate) fn nanoseconds(window: Duration) -> Result<f64> {
    let (tokens, request) = warm()?;
    let mut requests = vec![request; BATCH];
    let mut attempts = Vec::with_capacity(BATCH);
    let (mut took, mut calls) = (Duration::ZERO, 0.0);
    while took < window {
        let began = Instant::now();
        for request in &mut requests {
            attempts.push(prepare(&tokens, request));
        }
        took += began.elapsed();
        calls += BATCH as f64;
        assert!(attempts.drain(..).all(|attempt| attempt.is_some()));
        for request in &mut requests {
            request.headers_mut().clear();
        }
    }
    Ok(took.as_secs_f64() * 1e9 / calls)
}

const BATCH: usize = 64;

/// Makes `calls` of them, to be counted.
pub(crate) fn repeat(calls: u64) -> Result<()> {
    let (tokens, mut request) = warm()?;
    drop(prepare(&tokens, &mut request));
    request.headers_mut().clear();
    counted_calls(&tokens, &mut request, calls);
    Ok(())
}

#[inline(never)]
fn counted_calls(tokens: &Tokens, request: &mut Request<()>, calls: u64) {
    for _ in 0..calls {
        assert!(prepare(tokens, request).is_some());
        request.headers_mut().clear();
    }
}

fn warm() -> Result<(Tokens, Request<()>)> {
    let tokens = Tokens::client_credentials("https://idp.example", "app", "s3cret")
        .transport(FakeServer::new("https://idp.example"))
        .allow_origin("https://api.example")
        .build()?;
    tokens.get_blocking()?;
    let mut request = Request::new(());
    *request.headers_mut() = HeaderMap::with_capacity(8);
    *request.uri_mut() = Uri::from_static("https://api.example/things?page=1");
    Ok((tokens, request))
}

/// The result of one `prepare`; none unless it was ready at once.
fn prepare(tokens: &Tokens, request: &mut Request<()>) -> Option<Attempt> {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(tokens.prepare(black_box(request))).poll(&mut context) {
        Poll::Ready(attempt) => attempt.ok(),
        Poll::Pending => None,
    }
}
