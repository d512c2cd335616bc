//! The HTTP client of hyper, through the tower layer and by hand.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::stream;
use grantor_client::layer::{
    BufferReplay, CloneReplay, NoReplay, Replay, ReplayBody, ServiceError, TokensLayer,
    TokensService,
};
use grantor_client::{Tokens, WithoutToken};
use http::{Request, Response};
use http_body::Frame;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tower::{Service, ServiceExt};
use tower_layer::Layer;

use crate::door::{Answer, Body, Call, Door, Failure};

type Hyper<B> = Client<HttpConnector, B>;
type Incoming = hyper_util::client::legacy::Error;

fn hyper<B>() -> Hyper<B>
where
    B: http_body::Body<Data: Send> + Send,
{
    let mut builder = Client::builder(TokioExecutor::new());
    builder.pool_timer(TokioTimer::new()).build_http()
}

fn request<B>(call: &Call, body: B) -> Request<B> {
    let mut request = Request::new(body);
    *request.method_mut() = call.method.clone();
    *request.uri_mut() = call.url.parse().unwrap();
    *request.headers_mut() = call.headers.clone();
    if call.without_token {
        request.extensions_mut().insert(WithoutToken);
    }
    request
}

fn whole(body: Body) -> Full<Bytes> {
    match body {
        Body::None => Full::default(),
        Body::Text(text) | Body::Form(text) => Full::from(text),
        Body::Stream(pieces) => Full::from(pieces.concat()),
    }
}

fn streamed(body: Body) -> BoxBody<Bytes, Infallible> {
    let Body::Stream(pieces) = body else {
        return whole(body).boxed();
    };
    let pieces = pieces
        .iter()
        .map(|piece| Ok(Frame::data(Bytes::from(*piece))));
    BodyExt::boxed(StreamBody::new(stream::iter(pieces)))
}

async fn answer(response: Response<hyper::body::Incoming>) -> Answer {
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Answer {
        status: head.status.as_u16(),
        text: String::from_utf8(body.to_vec()).unwrap(),
    }
}

/// The two calls by hand.
pub(crate) struct Prepare {
    tokens: Tokens,
    client: Hyper<BoxBody<Bytes, Infallible>>,
}

impl Door for Prepare {
    const FOLLOWS_REDIRECTS: bool = false;

    fn open(tokens: &Tokens, _: &str) -> Self {
        let tokens = tokens.clone();
        let client = hyper();
        Self { tokens, client }
    }

    async fn send(&self, call: Call) -> Result<Answer, Failure> {
        let mut first = request(&call, streamed(call.body));
        let attempt = self.tokens.prepare(&mut first).await;
        let attempt = attempt.map_err(Failure::Token)?;
        let mut copy = request(&call, streamed(call.body));
        *copy.uri_mut() = first.uri().clone();
        *copy.headers_mut() = first.headers().clone();
        let response = self.client.request(first).await.map_err(Failure::other)?;
        let resend = attempt.observe(&response).await.into_resend();
        let Some(resend) = resend.filter(|_| !matches!(call.body, Body::Stream(_))) else {
            return Ok(answer(response).await);
        };
        let _ = answer(response).await;
        let attempt = resend.prepare(&mut copy).await;
        let attempt = attempt.map_err(Failure::Token)?;
        let response = self.client.request(copy).await.map_err(Failure::other)?;
        assert!(attempt.observe(&response).await.is_done());
        Ok(answer(response).await)
    }
}

async fn through<P, B, Q>(
    service: &TokensService<Hyper<Q>, P>,
    request: Request<B>,
) -> Result<Answer, Failure>
where
    P: Replay<B, Body = Q>,
    TokensService<Hyper<Q>, P>: Service<
            Request<B>,
            Response = Response<hyper::body::Incoming>,
            Error = ServiceError<Incoming>,
        > + Clone,
{
    match service.clone().oneshot(request).await {
        Ok(response) => Ok(answer(response).await),
        Err(ServiceError::Token(error)) => Err(Failure::Token(error)),
        Err(error) => Err(Failure::other(error)),
    }
}

pub(crate) struct LayerOnce(TokensService<Hyper<BoxBody<Bytes, Infallible>>, NoReplay>);

impl Door for LayerOnce {
    const SENDS_AGAIN: bool = false;
    const FOLLOWS_REDIRECTS: bool = false;

    fn open(tokens: &Tokens, _: &str) -> Self {
        Self(tokens.layer().layer(hyper()))
    }

    async fn send(&self, call: Call) -> Result<Answer, Failure> {
        through(&self.0, request(&call, streamed(call.body))).await
    }
}

pub(crate) struct LayerCloned(TokensService<Hyper<Full<Bytes>>, CloneReplay>);

impl Door for LayerCloned {
    // It has no streams: what can be cloned can be sent again.
    const STREAMS_AGAIN: bool = true;
    const FOLLOWS_REDIRECTS: bool = false;

    fn open(tokens: &Tokens, _: &str) -> Self {
        Self(tokens.layer().replay_cloned().layer(hyper()))
    }

    async fn send(&self, call: Call) -> Result<Answer, Failure> {
        through(&self.0, request(&call, whole(call.body))).await
    }
}

type Buffer = ReplayBody<BoxBody<Bytes, Infallible>>;

pub(crate) struct LayerBuffered(TokensService<Hyper<Buffer>, BufferReplay>);

impl Door for LayerBuffered {
    const STREAMS_AGAIN: bool = true;
    const FOLLOWS_REDIRECTS: bool = false;

    fn open(tokens: &Tokens, _: &str) -> Self {
        let layer: TokensLayer<BufferReplay> = tokens.layer().replay_buffered(1024);
        Self(layer.layer(hyper()))
    }

    async fn send(&self, call: Call) -> Result<Answer, Failure> {
        through(&self.0, request(&call, streamed(call.body))).await
    }
}
