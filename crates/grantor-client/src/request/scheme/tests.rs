//! One call may go through a nonce and a renewal: over every door, with the body each time.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use grantor_core::{BoxFuture, TokenParameters};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use tower::{Service, ServiceBuilder, ServiceExt};

use super::nonce::{NONCE, PROOF};
use crate::doors::reqwest::authenticate::Authenticate;
use crate::error::SourceError;
use crate::renew::grant::token_source::TokenSource;
use crate::request::attempt::Observed;
use crate::token::scheme::Scheme;
use crate::token::token_set::TokenSet;
use crate::tokens::Tokens;

const BODY: &str = "what is sent";

/// Tokens with a number, each another one.
#[derive(Debug, Default)]
struct Numbered(AtomicUsize);

impl TokenSource for Numbered {
    fn fetch<'a>(&'a self, _: &'a TokenParameters) -> BoxFuture<'a, Result<TokenSet, SourceError>> {
        let number = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        Box::pin(async move { Ok(TokenSet::new(format!("token-{number}"))) })
    }
}

/// An API that wants a nonce of its own beside the token, and does not take the first token.
#[derive(Debug, Clone, Default)]
struct Api(Arc<Mutex<Vec<(StatusCode, Bytes)>>>);

impl Api {
    fn answer(&self, headers: &HeaderMap, body: Bytes) -> Response<Full<Bytes>> {
        let challenge = |error: &str| format!("DPoP error=\"{error}\"");
        let unauthorized = Response::builder().status(StatusCode::UNAUTHORIZED);
        let response = if headers.get(PROOF).is_none_or(|proof| proof != "nonce-1") {
            unauthorized
                .header("www-authenticate", challenge("use_dpop_nonce"))
                .header(NONCE, "nonce-1")
        } else if headers["authorization"] == "Bearer token-1" {
            unauthorized.header("www-authenticate", challenge("invalid_token"))
        } else {
            Response::builder()
        };
        let response = response.body(Full::default()).unwrap();
        self.0.lock().unwrap().push((response.status(), body));
        response
    }

    /// Asserts that a call was sent three times, whole, and then accepted.
    #[track_caller]
    fn assert_three_sends(&self, status: StatusCode) {
        assert_eq!(status, StatusCode::OK);
        let seen = self.0.lock().unwrap();
        let expected = [401, 401, 200].map(|it| (StatusCode::from_u16(it).unwrap(), BODY.into()));
        assert_eq!(*seen, expected);
    }

    /// Listens on a loopback port.
    async fn listen(&self) -> String {
        let api = self.clone();
        let answer = move |request: Request<axum::body::Body>| async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            api.answer(&head.headers, body)
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let app = axum::Router::new().fallback(answer);
        tokio::spawn(async move { axum::serve(listener, app).await });
        url
    }
}

fn tokens(origin: &str) -> Tokens {
    Tokens::from_source(Numbered::default())
        .allow_origin(origin.trim_end_matches('/'))
        .scheme(Scheme::Nonce(Arc::default()))
        .build()
        .unwrap()
}

#[tokio::test]
async fn by_hand() {
    let api = Api::default();
    let tokens = tokens("https://api.example");
    let request = || Request::post("https://api.example/").body(()).unwrap();
    let mut sent = request();
    let mut attempt = tokens.prepare(&mut sent).await.unwrap();
    let status = loop {
        let answer = api.answer(sent.headers(), BODY.into());
        match attempt.observe(&answer).await {
            Observed::Done => break answer.status(),
            Observed::Resend(resend) => {
                sent = request();
                attempt = resend.prepare(&mut sent).await.unwrap();
            }
        }
    };
    api.assert_three_sends(status);
}

#[tokio::test]
async fn in_a_session() {
    let api = Api::default();
    let url = api.listen().await;
    let session = tokens(&url).session(&url).unwrap();
    let answer = session.post("").body(BODY).send().await.unwrap();
    api.assert_three_sends(answer.status());
}

#[tokio::test]
async fn on_a_request_of_reqwests() {
    let api = Api::default();
    let url = api.listen().await;
    let request = client().post(&url).body(BODY);
    let answer = request.authenticate(&tokens(&url)).send().await.unwrap();
    api.assert_three_sends(answer.status());
}

#[cfg(feature = "reqwest-middleware")]
#[tokio::test]
async fn in_a_middleware() {
    let api = Api::default();
    let url = api.listen().await;
    let client = reqwest_middleware::ClientBuilder::new(client())
        .with(tokens(&url).middleware())
        .build();
    let answer = client.post(&url).body(BODY).send().await.unwrap();
    api.assert_three_sends(answer.status());
}

#[tokio::test]
async fn in_a_layer() {
    let api = Api::default();
    let layer = tokens("https://api.example").layer().replay_cloned();
    let status = through(&api, |service| {
        ServiceBuilder::new().layer(layer).service(service)
    });
    api.assert_three_sends(status.await);
}

#[tokio::test]
async fn in_a_layer_that_buffers() {
    let api = Api::default();
    let layer = tokens("https://api.example").layer().replay_buffered(1024);
    let status = through(&api, |service| {
        ServiceBuilder::new().layer(layer).service(service)
    });
    api.assert_three_sends(status.await);
}

fn client() -> reqwest::Client {
    let builder = grantor_http::client_builder(&grantor_http::Timeouts::default()).unwrap();
    builder.build().unwrap()
}

/// The service behind a layer.
#[derive(Clone)]
struct Inner(Api);

impl<B> Service<Request<B>> for Inner
where
    B: Body<Data: Send, Error: std::fmt::Debug> + Send + 'static,
{
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), Infallible>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let api = self.0.clone();
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            Ok(api.answer(&head.headers, body))
        })
    }
}

async fn through<S>(api: &Api, layered: impl FnOnce(Inner) -> S) -> StatusCode
where
    S: Service<Request<Full<Bytes>>, Response = Response<Full<Bytes>>, Error: std::fmt::Debug>,
{
    let mut service = layered(Inner(api.clone()));
    let request = Request::post("https://api.example/").body(Full::from(BODY));
    let service = service.ready().await.unwrap();
    service.call(request.unwrap()).await.unwrap().status()
}

#[cfg(feature = "blocking")]
#[tokio::test(flavor = "multi_thread")]
async fn in_a_blocking_session() {
    let api = Api::default();
    let url = api.listen().await;
    let status = tokio::task::spawn_blocking(move || {
        let session = tokens(&url).blocking_session(&url).unwrap();
        session.post("").body(BODY).send().unwrap().status()
    });
    api.assert_three_sends(status.await.unwrap());
}
