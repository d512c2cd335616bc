//! The particulars of the tower layer: which service is called, what it costs, how bodies are
//! kept.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::convert::Infallible;
use std::future::{Ready, poll_fn, ready};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use futures_util::stream;
use grantor_client::layer::{ReplayBody, ServiceError};
use grantor_client::{Tokens, WithoutToken};
use grantor_testkit::{FakeServer, Fault};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body::{Body, Frame};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, StreamBody};
use support::web::{Answer, Web};
use support::{API, World, request};
use tower::{Service, ServiceExt, service_fn};
use tower_layer::Layer;

fn tokens(world: &World) -> Tokens {
    world.thread(world.client()).build().unwrap()
}

/// A request without a body, of a type that can be one.
fn empty() -> Request<String> {
    request().map(|()| String::new())
}

/// The API of a fake server. It must be made ready before it is called, each clone for itself.
struct Api {
    server: FakeServer,
    ready: bool,
    calls: Arc<Mutex<usize>>,
}

impl Api {
    fn new(world: &World) -> Self {
        Self {
            server: world.server.clone(),
            ready: false,
            calls: Arc::default(),
        }
    }
}

impl Clone for Api {
    fn clone(&self) -> Self {
        Self {
            server: self.server.clone(),
            ready: false,
            calls: Arc::clone(&self.calls),
        }
    }
}

impl Service<Request<String>> for Api {
    type Response = Response<Bytes>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Bytes>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<String>) -> Self::Future {
        assert!(std::mem::take(&mut self.ready), "it was not made ready");
        *self.calls.lock().unwrap() += 1;
        ready(Ok(self.server.api(&request)))
    }
}

#[tokio::test]
async fn the_service_that_is_ready_is_the_one_that_is_called() {
    let world = World::new();
    let api = Api::new(&world);
    let mut service = tokens(&world).layer().replay_cloned().layer(api.clone());
    // The first waits for a token, the second does not, the third is sent twice.
    for calls in [1, 2, 4] {
        if calls == 4 {
            world.server.revoke_access_tokens();
        }
        let answer = service.ready().await.unwrap().call(empty()).await;
        assert_eq!(answer.unwrap().status(), 200);
        assert_eq!(*api.calls.lock().unwrap(), calls);
    }
    assert_eq!(world.server.token_requests(), 2);
}

#[tokio::test]
async fn a_caller_that_goes_away_while_it_waits_takes_nothing_with_it() {
    let world = World::new();
    let mut service = tokens(&world).layer().layer(Api::new(&world));
    world.server.hold();
    {
        let mut dropped = pin!(service.ready().await.unwrap().call(empty()));
        let mut context = Context::from_waker(Waker::noop());
        assert!(dropped.as_mut().poll(&mut context).is_pending());
        world.server.holds(1).await;
    }
    world.server.release();
    let answer = service.ready().await.unwrap().call(empty()).await;
    assert_eq!(answer.unwrap().status(), 200);
    assert_eq!(world.server.token_requests(), 1);
}

#[test]
fn a_call_allocates_nothing() {
    let world = World::new();
    let tokens = tokens(&world);
    tokens.get_blocking().unwrap();
    let nothing = service_fn(|request: Request<()>| {
        let mut response = Response::new(());
        *response.headers_mut() = request.into_parts().0.headers;
        ready(Ok::<_, Infallible>(response))
    });
    let mut service = tokens.layer().layer(nothing);
    let mut context = Context::from_waker(Waker::noop());
    let mut call = |request| {
        assert!(service.poll_ready(&mut context).is_ready());
        match pin!(service.call(request)).poll(&mut context) {
            Poll::Ready(answer) => answer.unwrap(),
            Poll::Pending => panic!("it waits"),
        }
    };
    let spacious = || {
        let mut request = request();
        *request.headers_mut() = HeaderMap::with_capacity(4);
        request
    };
    // The first call of a thread sets up what is its own.
    let _ = call(spacious());
    let request = spacious();
    let mut answer = None;
    let counted = allocation_counter::measure(|| answer = Some(call(request)));
    assert_eq!((counted.count_total, counted.bytes_total), (0, 0));
    assert_eq!(
        answer.unwrap().headers()["authorization"],
        "Bearer access-1"
    );
}

#[tokio::test]
async fn says_whose_error_it_is() {
    let world = World::new();
    let failing = service_fn(|_: Request<()>| ready(Err::<Response<()>, _>("broken")));
    let service = tokens(&world).layer().layer(failing);
    let error = service.clone().oneshot(request()).await.unwrap_err();
    assert!(matches!(error, ServiceError::Service("broken")), "{error}");
    world.server.fail_next(Fault::Refused("invalid_client"));
    let fresh = tokens(&world).layer().layer(failing);
    let error = fresh.oneshot(request()).await.unwrap_err();
    assert!(matches!(&error, ServiceError::Token(e) if e.is_configuration()));
    let mut bare = Request::get("/no/origin").body(()).unwrap();
    bare.extensions_mut().insert(WithoutToken);
    let error = service.oneshot(bare).await.unwrap_err();
    assert!(matches!(error, ServiceError::Service("broken")), "{error}");
}

type Stream = BoxBody<Bytes, Infallible>;
type Recording = ReplayBody<Stream>;

fn stream_request(frames: Vec<Frame<Bytes>>) -> Request<Stream> {
    let frames = stream::iter(frames.into_iter().map(Ok));
    let body = BodyExt::boxed(StreamBody::new(frames));
    Request::post(format!("{API}/x")).body(body).unwrap()
}

fn data(text: &'static str) -> Frame<Bytes> {
    Frame::data(Bytes::from(text))
}

async fn next(body: &mut Recording) -> Option<Result<Frame<Bytes>, String>> {
    let frame = poll_fn(|context| Pin::new(&mut *body).poll_frame(context));
    frame.await.map(|frame| frame.map_err(|e| e.to_string()))
}

/// An API that reads so many frames before it judges the token. Keeps what it was sent.
fn reads(
    world: &World,
    frames: usize,
    kept: &Arc<Mutex<Vec<Recording>>>,
) -> impl Service<
    Request<Recording>,
    Response = Response<Bytes>,
    Error = Infallible,
    Future = grantor_core::BoxFuture<'static, Result<Response<Bytes>, Infallible>>,
> + Clone {
    let (server, kept) = (world.server.clone(), Arc::clone(kept));
    service_fn(move |mut request: Request<Recording>| {
        let (server, kept) = (server.clone(), Arc::clone(&kept));
        Box::pin(async move {
            let mut answer = server.api(&request);
            if answer.status() == StatusCode::OK {
                let collected = request.into_body().collect().await.unwrap();
                let trailers = collected.trailers().cloned().unwrap_or_default();
                *answer.headers_mut() = trailers;
                *answer.body_mut() = collected.to_bytes();
                return Ok(answer);
            }
            for _ in 0..frames {
                let _ = next(request.body_mut()).await;
            }
            kept.lock().unwrap().push(request.into_body());
            Ok(answer)
        }) as grantor_core::BoxFuture<'static, _>
    })
}

/// Sends a body of three frames and trailers to an API that rejects the token after some frames.
async fn replayed(limit: usize, frames: usize) -> (Response<Bytes>, Recording) {
    let world = World::new();
    let kept = Arc::default();
    let layer = tokens(&world).layer().replay_buffered(limit);
    let mut service = layer.layer(reads(&world, frames, &kept));
    let warm = stream_request(vec![]);
    assert_eq!(
        service
            .ready()
            .await
            .unwrap()
            .call(warm)
            .await
            .unwrap()
            .status(),
        200
    );
    world.server.revoke_access_tokens();
    let mut trailers = HeaderMap::new();
    trailers.insert("x-end", "yes".parse().unwrap());
    let body = vec![
        data("one "),
        data("two "),
        data("three"),
        Frame::trailers(trailers),
    ];
    let answer = service
        .ready()
        .await
        .unwrap()
        .call(stream_request(body))
        .await;
    let first = kept.lock().unwrap().remove(0);
    (answer.unwrap(), first)
}

#[tokio::test]
async fn a_kept_body_is_sent_again_from_its_beginning() {
    for frames in 0..=5 {
        let (answer, mut first) = replayed(13, frames).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.body(), "one two three", "{frames}");
        assert_eq!(answer.headers()["x-end"], "yes", "{frames}");
        let error = next(&mut first).await.unwrap().unwrap_err();
        assert!(error.contains("sent again"), "{error}");
    }
}

#[tokio::test]
async fn a_body_that_is_longer_than_the_limit_is_not_sent_again() {
    let (answer, mut first) = replayed(12, 3).await;
    assert_eq!(answer.status(), 401);
    let trailers = next(&mut first).await.unwrap().unwrap();
    assert!(trailers.is_trailers(), "the first one goes on");
    let (answer, _) = replayed(12, 2).await;
    assert_eq!(answer.status(), 200, "only what was sent is kept");
}

/// Something of the caller's that goes with a request.
#[derive(Debug, Clone, PartialEq)]
struct Mark(u32);

#[tokio::test]
async fn what_is_sent_again_has_the_head_of_the_request() {
    let world = World::new();
    let heads = Arc::new(Mutex::new(Vec::new()));
    let (server, seen) = (world.server.clone(), Arc::clone(&heads));
    let api = service_fn(move |request: Request<Recording>| {
        let answer = server.api(&request);
        seen.lock().unwrap().push(request.into_parts().0);
        ready(Ok::<_, Infallible>(answer))
    });
    let service = tokens(&world).layer().replay_buffered(100).layer(api);
    let warm = service.clone().oneshot(stream_request(vec![])).await;
    assert_eq!(warm.unwrap().status(), 200);
    world.server.revoke_access_tokens();
    let mut request = stream_request(vec![data("hello")]);
    *request.method_mut() = http::Method::PATCH;
    *request.version_mut() = http::Version::HTTP_2;
    let own = http::HeaderValue::from_static("mine");
    request.headers_mut().insert("x-own", own);
    request.extensions_mut().insert(Mark(7));
    let answer = service.clone().oneshot(request).await.unwrap();
    assert_eq!(answer.status(), 200);
    let heads = heads.lock().unwrap();
    assert_eq!(heads.len(), 3);
    for (head, token) in heads[1..]
        .iter()
        .zip(["Bearer access-1", "Bearer access-2"])
    {
        assert_eq!(head.method, http::Method::PATCH);
        assert_eq!(head.uri.to_string(), format!("{API}/x"));
        assert_eq!(head.version, http::Version::HTTP_2);
        assert_eq!(head.headers["x-own"], "mine");
        assert_eq!(head.headers["authorization"], token);
        assert_eq!(head.extensions.get(), Some(&Mark(7)));
    }
}

#[tokio::test]
async fn nothing_is_kept_of_a_request_that_has_no_token_of_ours() {
    let world = World::new();
    let api = service_fn(|mut request: Request<Recording>| async move {
        let frame = next(request.body_mut()).await.unwrap().unwrap();
        let kept = !frame.into_data().unwrap().is_unique();
        Ok::<_, Infallible>(Response::new(kept))
    });
    let layer = tokens(&world).layer().replay_buffered(100);
    let service = layer.layer(api);
    let chunk = || vec![Frame::data(Bytes::from(b"hello".to_vec()))];
    // The first waits for its token, the second does not.
    for _ in 0..2 {
        let ours = stream_request(chunk());
        let answer = service.clone().oneshot(ours).await.unwrap();
        assert!(answer.into_body());
    }
    let mut own = stream_request(chunk());
    let value = http::HeaderValue::from_static("Bearer mine");
    own.headers_mut().insert("authorization", value);
    let mut none = stream_request(chunk());
    none.extensions_mut().insert(WithoutToken);
    for request in [own, none] {
        let answer = service.clone().oneshot(request).await.unwrap();
        assert!(!answer.into_body());
    }
}

#[tokio::test]
async fn a_kept_body_says_how_long_it_is() {
    let layer = tokens(&World::new()).layer().replay_buffered(100);
    let seen = service_fn(|request: Request<ReplayBody<String>>| {
        let hint = request.body().size_hint().exact();
        let ended = request.body().is_end_stream();
        ready(Ok::<_, Infallible>(Response::new((hint, ended))))
    });
    let service = layer.layer(seen);
    for (text, expected) in [("", (Some(0), true)), ("hello", (Some(5), false))] {
        let request = Request::post(format!("{API}/x")).body(text.to_owned());
        let answer = service.clone().oneshot(request.unwrap()).await.unwrap();
        assert_eq!(answer.into_body(), expected);
    }
}

#[tokio::test]
async fn a_proxy_gives_what_it_passes_on_a_token() {
    let world = World::new();
    let web = Web::start(|request| {
        let good = request.contains("access-2") || request.starts_with("GET /warm");
        Answer::text(if good { 200 } else { 401 }, request)
    });
    let web = web.await;
    let executor = hyper_util::rt::TokioExecutor::new();
    let client = hyper_util::client::legacy::Client::builder(executor);
    let client = client.build_http::<ReplayBody<axum::body::Body>>();
    let tokens = tokens(&world).with_origin(&web.url("")).unwrap();
    let backend = tokens.layer().replay_buffered(1024).layer(client);
    let base = web.url("");
    let proxy = axum::Router::new().fallback(move |mut request: axum::extract::Request| {
        let path = request.uri().path_and_query().unwrap().to_string();
        *request.uri_mut() = format!("{base}{path}").parse().unwrap();
        request.headers_mut().remove("authorization");
        let backend = backend.clone();
        async move {
            let answer = backend.oneshot(request).await;
            answer.map_err(|error| (StatusCode::BAD_GATEWAY, error.to_string()))
        }
    });
    let send = |request: Request<axum::body::Body>| {
        let proxy = proxy.clone();
        async move {
            let answer = proxy.oneshot(request).await.unwrap();
            let (head, body) = answer.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            (head.status, String::from_utf8(body.to_vec()).unwrap())
        }
    };
    let warm = Request::get("/warm").body(axum::body::Body::empty());
    assert_eq!(send(warm.unwrap()).await.0, 200);
    let post = Request::post("/things?a=b").header("authorization", "Bearer of-the-caller");
    let (status, seen) = send(post.body("hello".into()).unwrap()).await;
    assert_eq!(status, 200, "{seen}");
    assert!(seen.starts_with("POST /things?a=b "), "{seen}");
    assert!(
        seen.contains("authorization: Bearer access-2\r\n"),
        "{seen}"
    );
    assert!(seen.ends_with("\r\n\r\nhello"), "{seen}");
}
