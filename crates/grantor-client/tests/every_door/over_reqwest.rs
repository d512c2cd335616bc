//! The HTTP client of reqwest.

use grantor_client::{Authenticate as _, SendError, Tokens};
use reqwest::{Client, RequestBuilder, Response};

use crate::door::{Answer, Body, Call, Door, Failure};

/// A body in memory, or one that is a stream.
fn body(body: Body) -> reqwest::Body {
    match body {
        Body::None => reqwest::Body::from(""),
        Body::Text(text) | Body::Form(text) => text.into(),
        Body::Stream(pieces) => {
            let pieces = pieces.iter().map(|piece| Ok::<_, std::io::Error>(*piece));
            reqwest::Body::wrap_stream(futures_util::stream::iter(pieces))
        }
    }
}

fn request(client: &Client, call: Call) -> RequestBuilder {
    let request = client.request(call.method, call.url).headers(call.headers);
    match call.body {
        Body::None => request,
        other => request.body(body(other)),
    }
}

async fn answer(response: Response) -> Answer {
    Answer {
        status: response.status().as_u16(),
        text: response.text().await.unwrap(),
    }
}

impl From<SendError> for Failure {
    fn from(error: SendError) -> Self {
        match error {
            SendError::Token(error) => Self::Token(error),
            other => Self::other(other),
        }
    }
}

pub(crate) struct Session(grantor_client::Session);

impl Door for Session {
    const KNOWS_FORMS: bool = true;

    fn open(tokens: &Tokens, base: &str) -> Self {
        Self(tokens.session(base).unwrap())
    }

    async fn send(&self, call: Call) -> Result<Answer, Failure> {
        let request = self.0.request(call.method, &call.url);
        let mut request = request.headers(call.headers);
        if call.body != Body::None {
            request = request.body(body(call.body));
        }
        if call.without_token {
            request = request.without_token();
        }
        Ok(answer(request.send().await?).await)
    }
}

pub(crate) struct Authenticate {
    client: Client,
    tokens: Tokens,
}

impl Door for Authenticate {
    const KNOWS_FORMS: bool = true;

    fn open(tokens: &Tokens, _: &str) -> Self {
        // One that follows redirects, as reqwest's do.
        let client = grantor_http::client_builder(&Default::default()).unwrap();
        let client = client.redirect(Default::default()).build().unwrap();
        let tokens = tokens.clone();
        Self { client, tokens }
    }

    async fn send(&self, call: Call) -> Result<Answer, Failure> {
        let without_token = call.without_token;
        let request = request(&self.client, call);
        if without_token {
            return Ok(answer(request.send().await.unwrap()).await);
        }
        let sent = request.authenticate(&self.tokens).send().await?;
        Ok(answer(sent).await)
    }
}

#[cfg(feature = "reqwest-middleware")]
pub(crate) struct Middleware(reqwest_middleware::ClientWithMiddleware);

#[cfg(feature = "reqwest-middleware")]
impl Door for Middleware {
    const KNOWS_FORMS: bool = true;

    fn open(tokens: &Tokens, _: &str) -> Self {
        let client = grantor_http::client_builder(&Default::default()).unwrap();
        let client = client.redirect(Default::default()).build().unwrap();
        let builder = reqwest_middleware::ClientBuilder::new(client);
        Self(builder.with(tokens.middleware()).build())
    }

    async fn send(&self, call: Call) -> Result<Answer, Failure> {
        let mut request = self.0.request(call.method, call.url).headers(call.headers);
        if call.body != Body::None {
            request = request.body(body(call.body));
        }
        if call.without_token {
            request = request.with_extension(grantor_client::WithoutToken);
        }
        match request.send().await {
            Ok(response) => Ok(answer(response).await),
            Err(reqwest_middleware::Error::Middleware(error)) => {
                Err(error.downcast().map_or_else(Failure::other, Failure::Token))
            }
            Err(error) => Err(Failure::other(error)),
        }
    }
}
