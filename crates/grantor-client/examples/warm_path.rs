//! How long the warm path takes: `cargo run --release --example warm_path`.
#![allow(clippy::print_stdout, reason = "it prints what it measured")]

use std::hint::black_box;
use std::time::Instant;

use grantor_client::Tokens;
use grantor_testkit::FakeServer;
use http::{HeaderMap, Request};

const ROUNDS: u32 = 2_000_000;

fn main() -> Result<(), grantor_client::Error> {
    let tokens = Tokens::client_credentials("https://idp.example", "app", "s3cret")
        .transport(FakeServer::new("https://idp.example"))
        .only("https://api.example")
        .build()?;
    tokens.get_blocking()?;

    let bare = fastest(|| {
        let mut request = request();
        for _ in 0..ROUNDS {
            request.headers_mut().clear();
            black_box(&mut request);
        }
    });
    let prepared = fastest(|| {
        let mut request = request();
        for _ in 0..ROUNDS {
            request.headers_mut().clear();
            let attempt = tokens.prepare_blocking(&mut request);
            let _ = black_box(attempt.is_ok());
        }
    });
    println!("prepare: {:.0} ns", prepared - bare);
    Ok(())
}

/// Nanoseconds per round, of the best of seven runs.
fn fastest(run: impl Fn()) -> f64 {
    let times = (0..7).map(|_| {
        let began = Instant::now();
        run();
        began.elapsed().as_secs_f64() * 1e9 / f64::from(ROUNDS)
    });
    times.fold(f64::INFINITY, f64::min)
}

fn request() -> Request<()> {
    let mut request = Request::new(());
    *request.headers_mut() = HeaderMap::with_capacity(8);
    *request.uri_mut() = http::Uri::from_static("https://api.example/things?page=1");
    request
}
