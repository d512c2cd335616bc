//! A request of a session, while it is built.

use std::borrow::Borrow;
use std::fmt;
use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method};
use reqwest::{Body, Client, Response, Url};
use serde::Serialize;
use url::form_urlencoded;

use super::send::send;
use super::send_error::SendError;
use crate::doors::failure::RequestFailure;
use crate::doors::sender::Sender;
use crate::request::http_request::WithoutToken;
use crate::tokens::Tokens;

/// A request of a session, built as reqwest's are.
#[must_use = "nothing is sent before `send`"]
pub struct RequestBuilder {
    tokens: Tokens,
    sender: Sender<Client>,
    builder: Result<reqwest::RequestBuilder, RequestFailure>,
    query: Vec<(String, String)>,
    sends_form: bool,
    extensions: Extensions,
}

impl RequestBuilder {
    pub(super) fn new(
        tokens: Tokens,
        sender: Sender<Client>,
        method: Method,
        url: Result<Url, url::ParseError>,
    ) -> Self {
        let url = RequestFailure::check_joined(url);
        let builder = url.map(|url| sender.client.request(method, url));
        Self {
            tokens,
            sender,
            builder,
            query: Vec::new(),
            sends_form: false,
            extensions: Extensions::new(),
        }
    }

    /// Adds a header. An `Authorization` of the caller's own wins over the token.
    pub fn header<N, V>(self, name: N, value: V) -> Self
    where
        HeaderName: TryFrom<N, Error: Into<http::Error>>,
        HeaderValue: TryFrom<V, Error: Into<http::Error>>,
    {
        self.map(|builder| builder.header(name, value))
    }

    /// Replaces headers.
    pub fn headers(self, headers: HeaderMap) -> Self {
        self.map(|builder| builder.headers(headers))
    }

    /// Adds parameters to the URL, as pairs. For a struct, build the request with reqwest (feature
    /// `query` of reqwest) and send it by [`Authenticate`](crate::Authenticate).
    pub fn query<I, K, V>(mut self, pairs: I) -> Self
    where
        I: IntoIterator<Item: Borrow<(K, V)>>,
        K: AsRef<str>,
        V: AsRef<str>,
    {
        self.query.extend(pairs.into_iter().map(|pair| {
            let (name, value) = pair.borrow();
            (name.as_ref().to_owned(), value.as_ref().to_owned())
        }));
        self
    }

    /// Sends a form of these pairs. For a struct, as with [`query`](Self::query).
    pub fn form<I, K, V>(mut self, pairs: I) -> Self
    where
        I: IntoIterator<Item: Borrow<(K, V)>>,
        K: AsRef<str>,
        V: AsRef<str>,
    {
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish();
        self.sends_form = true;
        self.body(form)
    }

    /// Sends JSON.
    pub fn json<T: Serialize + ?Sized>(self, json: &T) -> Self {
        self.map(|builder| builder.json(json))
    }

    /// Sends a body. A streamed one (`Body::wrap_stream`, feature `stream`) can't be sent again, so
    /// a 401 is then the answer.
    pub fn body(self, body: impl Into<Body>) -> Self {
        self.map(|builder| builder.body(body))
    }

    /// Sends a form with files. It can't be sent again, so a 401 is then the answer.
    #[cfg(feature = "multipart")]
    pub fn multipart(self, form: reqwest::multipart::Form) -> Self {
        self.map(|builder| builder.multipart(form))
    }

    /// How long each sending may take, its answer included, and how long a token is waited for.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.map(|builder| builder.timeout(timeout))
    }

    /// Sends the request without a token. Its answer is the caller's, a 401 too.
    pub fn without_token(mut self) -> Self {
        self.extensions.insert(WithoutToken);
        self
    }

    fn map(
        mut self,
        change: impl FnOnce(reqwest::RequestBuilder) -> reqwest::RequestBuilder,
    ) -> Self {
        self.builder = self.builder.map(change);
        self
    }

    /// Sends the request with a token, and gives the answer whatever its status.
    ///
    /// # Errors
    /// [`SendError::Token`] if there is no token, the origin was not named or the token does not fit
    /// into the request; [`SendError::Request`], with reqwest's own error, if the request can't be
    /// built or got no answer; [`SendError::InvalidUrl`] if the path and the base make no URL;
    /// [`SendError::TooManyRedirects`] after ten of them.
    pub async fn send(self) -> Result<Response, SendError> {
        let mut request = self.builder?.build()?;
        if !self.query.is_empty() {
            request.url_mut().query_pairs_mut().extend_pairs(self.query);
        }
        if self.sends_form {
            let form = HeaderValue::from_static("application/x-www-form-urlencoded");
            request.headers_mut().entry(CONTENT_TYPE).or_insert(form);
        }
        send(&self.tokens, &self.sender, request, &self.extensions).await
    }
}

impl fmt::Debug for RequestBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestBuilder").finish_non_exhaustive()
    }
}
