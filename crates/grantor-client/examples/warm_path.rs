//! How long the warm path takes: `cargo run --release -p grantor-client --example warm_path`.
#![expect(clippy::print_stdout, reason = "it prints what it measured")]

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use grantor_client::{Attempt, Tokens};
use grantor_testkit::FakeServer;
use http::{HeaderMap, Request, Response, Uri};
use tower::{Service, service_fn};
use tower_layer::Layer;

const BATCH: usize = 64;
const BATCHES: usize = 50_000;

fn main() -> Result<(), grantor_client::Error> {
    let tokens = Tokens::client_credentials("https://idp.example", "app", "s3cret")
        .transport(FakeServer::new("https://idp.example"))
        .only("https://api.example")
        .build()?;
    let secret = tokens.get_blocking()?.secret;

    let clock = grantor_http::system().clock;
    let reading = fastest(|_| Some(black_box(clock.elapsed())));
    let formatting = fastest(|request| {
        let text = format!("Bearer {}", secret.expose());
        let value = text.try_into().ok()?;
        request.headers_mut().insert("authorization", value)
    });
    let preparing = fastest(|request| prepare(&tokens, request));
    let idle = service_fn(answer_at_once);
    let bare = called(idle);
    let layered = called(tokens.layer().layer(idle)) - bare;
    println!("reading the clock                {reading:>4.0} ns");
    println!("a header made for each request   {formatting:>4.0} ns");
    println!("preparing a request              {preparing:>4.0} ns");
    println!("a call through the tower layer   {layered:>4.0} ns more than without it");
    Ok(())
}

fn prepare(tokens: &Tokens, request: &mut Request<()>) -> Option<Attempt> {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(tokens.prepare(request)).poll(&mut context) {
        Poll::Ready(attempt) => attempt.ok(),
        Poll::Pending => None,
    }
}

/// Nanoseconds per call on a request without headers, of the best batch. Dropping what comes of it
/// is not measured.
fn fastest<T>(run: impl Fn(&mut Request<()>) -> Option<T>) -> f64 {
    let mut requests: Vec<_> = (0..BATCH).map(|_| request()).collect();
    let mut results = Vec::with_capacity(BATCH);
    let mut best = f64::INFINITY;
    for _ in 0..BATCHES {
        let began = Instant::now();
        for request in &mut requests {
            results.push(run(black_box(request)));
        }
        let took = began.elapsed().as_secs_f64() * 1e9 / 64.0;
        best = best.min(took);
        results.clear();
        for request in &mut requests {
            request.headers_mut().clear();
        }
    }
    best
}

fn answer_at_once(request: Request<()>) -> Ready<Result<Response<()>, Infallible>> {
    let mut response = Response::new(());
    *response.headers_mut() = request.into_parts().0.headers;
    ready(Ok(response))
}

/// Nanoseconds per call of a service, of the best batch.
fn called(mut service: impl Service<Request<()>, Response = Response<()>>) -> f64 {
    let mut context = Context::from_waker(Waker::noop());
    let mut answers = Vec::with_capacity(BATCH);
    let mut best = f64::INFINITY;
    for _ in 0..BATCHES {
        let requests: Vec<_> = (0..BATCH).map(|_| request()).collect();
        let began = Instant::now();
        for request in requests {
            let _ = service.poll_ready(&mut context);
            if let Poll::Ready(Ok(answer)) = pin!(service.call(request)).poll(&mut context) {
                answers.push(answer);
            }
        }
        best = best.min(began.elapsed().as_secs_f64() * 1e9 / 64.0);
        assert_eq!(answers.len(), BATCH, "the service does not wait");
        answers.clear();
    }
    best
}

fn request() -> Request<()> {
    let mut request = Request::new(());
    *request.headers_mut() = HeaderMap::with_capacity(8);
    *request.uri_mut() = Uri::from_static("https://api.example/things?page=1");
    request
}
