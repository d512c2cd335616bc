//! The layer over services that are strict, and servers that are slow.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use crate::support::web::{Answer, Web};
use crate::support::{API, ISSUER, World, request};
use bytes::Bytes;
use grantor_client::{BearerMethod, SourceError, SubjectToken, TokenSet, TokenSource, Tokens};
use grantor_core::{BoxFuture, TokenParameters};
use http::{Request, Response};
use http_body_util::Full;
use tower::{Layer, Service, ServiceExt};

/// Panics where it is called without having been asked whether it is ready. Rejects the second call.
#[derive(Debug, Default)]
struct Strict {
    ready: bool,
    calls: Arc<AtomicUsize>,
}

impl Clone for Strict {
    fn clone(&self) -> Self {
        Self {
            ready: false,
            calls: Arc::clone(&self.calls),
        }
    }
}

impl Service<Request<String>> for Strict {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = Ready<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<String>) -> Self::Future {
        assert!(std::mem::take(&mut self.ready), "called without poll_ready");
        let status = if self.calls.fetch_add(1, Ordering::SeqCst) == 1 {
            401
        } else {
            200
        };
        ready(Ok(Response::builder().status(status).body(()).unwrap()))
    }
}

#[tokio::test(start_paused = true)]
async fn a_strict_service_is_asked_before_each_call() {
    let world = World::new();
    let tokens = world.here(world.client()).build().unwrap();
    let strict = Strict::default();
    let mut service = tokens.layer().replay_cloned().layer(strict.clone());
    for _ in 0..3 {
        let answer = service
            .ready()
            .await
            .unwrap()
            .call(request().map(|()| String::new()))
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
    }
    assert_eq!(strict.calls.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn the_second_try_of_the_layer_keeps_what_hooks_added_and_no_password() {
    let world = World::new();
    world.server.add_user("ada", "pw");
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let inner = tower::service_fn(move |request: Request<Full<Bytes>>| {
        let mut log = log.lock().unwrap();
        log.push(format!("{} {:?}", request.uri(), request.headers()));
        let status = if log.len() == 2 { 401 } else { 200 };
        ready(Ok::<_, Infallible>(
            Response::builder().status(status).body(()).unwrap(),
        ))
    });
    let builder = Tokens::password_from_request(ISSUER, "app").bearer_method(BearerMethod::Query);
    let tokens = world.here(builder).on_api_request(|request| {
        request
            .headers
            .insert("x-tenant", http::HeaderValue::from_static("acme"));
    });
    let mut service = tokens.build().unwrap().layer().replay_cloned().layer(inner);
    for _ in 0..2 {
        let request = Request::get(format!("{API}/x")).header("authorization", "Basic YWRhOnB3");
        let request = request.body(Full::default()).unwrap();
        service.ready().await.unwrap().call(request).await.unwrap();
    }
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 3);
    for request in &*seen {
        assert!(
            request.contains("acme") && !request.contains("Basic"),
            "{request}"
        );
    }
}

#[tokio::test]
async fn the_subject_of_a_request_through_the_layer_goes_before_that_of_the_handle() {
    let world = World::new();
    world.server.trust_token("alice");
    world.server.trust_token("bob");
    let builder = Tokens::token_exchange(ISSUER, "app", "s3cret");
    let tokens = world.here(builder).build().unwrap();
    let alice = tokens
        .for_subject(SubjectToken::access_token("alice"))
        .unwrap();
    alice.get().await.unwrap();
    let mut service = alice.layer().layer(Strict::default());
    let mut request = request();
    request
        .extensions_mut()
        .insert(SubjectToken::access_token("bob"));
    service
        .ready()
        .await
        .unwrap()
        .call(request.map(|()| String::new()))
        .await
        .unwrap();
    assert_eq!(world.server.token_requests(), 2);
}

#[derive(Debug)]
struct BadOnce(AtomicUsize);

impl TokenSource for BadOnce {
    fn fetch<'a>(&'a self, _: &'a TokenParameters) -> BoxFuture<'a, Result<TokenSet, SourceError>> {
        let n = self.0.fetch_add(1, Ordering::SeqCst);
        let token = if n == 0 { "not yet written\n" } else { "good" };
        Box::pin(ready(Ok(TokenSet::new(token))))
    }
}

#[tokio::test(start_paused = true)]
async fn one_token_of_a_source_that_fits_no_header_is_not_kept() {
    let world = World::new();
    let builder = Tokens::from_source(BadOnce(AtomicUsize::new(0)));
    let tokens = world.here(builder).build().unwrap();
    assert!(tokens.get().await.is_err());
    world.advance(60);
    tokens.get().await.unwrap();
}

/// A server that answers a byte now and then and never ends.
#[tokio::test]
async fn a_token_endpoint_that_drips_ends_in_an_error() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut chunk = [0; 4096];
                let _ = stream.read(&mut chunk).await;
                let _ = stream
                    .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n")
                    .await;
                while stream.write_all(b" ").await.is_ok() {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            });
        }
    });
    let mut policy = grantor_client::Policy::default();
    policy.request_timeout = Duration::from_secs(1);
    let server = grantor_client::Server::at_token_endpoint(format!("http://{address}/token"));
    let tokens = Tokens::client_credentials(server, "app", "s3cret")
        .policy(policy)
        .build()
        .unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(10), tokens.get()).await;
    assert!(ended.unwrap().unwrap_err().is_transient());
}

#[tokio::test]
async fn the_body_of_an_answer_is_the_callers() {
    let web = Web::start(|_| Answer::text(200, "body")).await;
    let tokens = Tokens::static_token("t")
        .allow_origin(web.url("/"))
        .build()
        .unwrap();
    let answer = tokens
        .session(&web.url("/"))
        .unwrap()
        .get("x")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.text().await.unwrap(), "body");
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_open_attempts_renew_once() {
    let world = World::new();
    let tokens = world.here(world.client()).build().unwrap();
    let mut open = Vec::new();
    for _ in 0..10_000 {
        let mut request = request();
        open.push(tokens.prepare(&mut request).await.unwrap());
    }
    world.advance(60);
    let rejected = Response::builder().status(401).body(()).unwrap();
    futures_util::future::join_all(open.iter().map(|attempt| async {
        let _ = attempt.observe(&rejected).await;
    }))
    .await;
    assert_eq!(world.server.token_requests(), 2);
}

#[test]
fn clones_are_used_and_dropped_across_threads_and_runtimes() {
    let world = World::new();
    let tokens = world.thread(world.client()).build().unwrap();
    let threads: Vec<_> = (0..16)
        .map(|n| {
            let tokens = tokens.clone();
            std::thread::spawn(move || {
                if n % 2 == 0 {
                    return tokens.get_blocking().is_ok();
                }
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .build()
                    .unwrap();
                runtime.block_on(async { tokens.get().await.is_ok() })
            })
        })
        .collect();
    assert!(threads.into_iter().all(|thread| thread.join().unwrap()));
    assert_eq!(world.server.token_requests(), 1);
}

#[test]
fn close_twice_and_use_after() {
    let world = World::new();
    let tokens = world.thread(world.client()).build().unwrap();
    tokens.get_blocking().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        tokens.close().await;
        tokens.close().await;
    });
    assert!(tokens.get_blocking().is_ok());
    world.advance(7200);
    assert!(tokens.get_blocking().unwrap_err().is_configuration());
}

/// A program that handles SIGTERM closes; what others then get.
#[test]
fn dropping_tokens_in_a_callback_blocks_nobody() {
    let world = World::new();
    let held = Arc::new(Mutex::new(None::<Tokens>));
    let own = Arc::clone(&held);
    let builder = world
        .thread(world.client())
        .on_change(move |_| drop(own.lock().unwrap().take()));
    let tokens = builder.build().unwrap();
    *held.lock().unwrap() = Some(tokens.clone());
    tokens.get_blocking().unwrap();
}
