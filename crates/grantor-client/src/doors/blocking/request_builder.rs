//! A request of a blocking session, while it is built.

use std::borrow::Borrow;
use std::fmt;
use std::io::Read;
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response};
use serde::Serialize;
use ureq::Agent;
use url::{Url, form_urlencoded};

use super::outgoing::{Body, Outgoing};
use super::send::send;
use super::send_error::SendError;
use crate::doors::failure::RequestFailure;
use crate::doors::sender::Sender;
use crate::request::http_request::WithoutToken;
use crate::tokens::Tokens;

/// A request of a blocking session. Its errors are those of [`send`](Self::send).
#[must_use = "nothing is sent before `send`"]
pub struct RequestBuilder {
    tokens: Tokens,
    sender: Sender<Agent>,
    outgoing: Result<Outgoing, SendError>,
}

impl RequestBuilder {
    pub(super) fn new(
        tokens: Tokens,
        sender: Sender<Agent>,
        method: Method,
        url: Result<Url, url::ParseError>,
    ) -> Self {
        let outgoing = match RequestFailure::check_joined(url) {
            Ok(url) => {
                let mut request = Request::new(Body::Empty);
                *request.method_mut() = method;
                Ok(Outgoing {
                    url,
                    request,
                    timeout: None,
                })
            }
            Err(failure) => Err(failure.into()),
        };
        Self {
            tokens,
            sender,
            outgoing,
        }
    }

    /// Adds a header. An `Authorization` of the caller's own wins over the token.
    pub fn header<N, V>(self, name: N, value: V) -> Self
    where
        HeaderName: TryFrom<N, Error: Into<http::Error>>,
        HeaderValue: TryFrom<V, Error: Into<http::Error>>,
    {
        self.change(|outgoing| {
            let name = HeaderName::try_from(name).map_err(Into::<http::Error>::into)?;
            let value = HeaderValue::try_from(value).map_err(Into::<http::Error>::into)?;
            outgoing.request.headers_mut().append(name, value);
            Ok(())
        })
    }

    /// Replaces headers.
    pub fn headers(self, headers: HeaderMap) -> Self {
        self.change(|outgoing| {
            let all = outgoing.request.headers_mut();
            let mut current = None;
            // A name comes with the first of its values alone.
            for (name, value) in headers {
                if let Some(name) = name {
                    all.remove(&name);
                    current = Some(name);
                }
                if let Some(name) = &current {
                    all.append(name, value);
                }
            }
            Ok(())
        })
    }

    /// Adds parameters to the URL.
    pub fn query<I, K, V>(self, pairs: I) -> Self
    where
        I: IntoIterator<Item: Borrow<(K, V)>>,
        K: AsRef<str>,
        V: AsRef<str>,
    {
        self.change(|outgoing| {
            outgoing.url.query_pairs_mut().extend_pairs(pairs);
            Ok(())
        })
    }

    /// Sends a form.
    pub fn form<I, K, V>(self, pairs: I) -> Self
    where
        I: IntoIterator<Item: Borrow<(K, V)>>,
        K: AsRef<str>,
        V: AsRef<str>,
    {
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish();
        self.typed("application/x-www-form-urlencoded", form)
    }

    /// Sends JSON.
    pub fn json<T: Serialize + ?Sized>(self, json: &T) -> Self {
        match serde_json::to_vec(json) {
            Ok(json) => self.typed("application/json", json),
            Err(error) => self.change(|_| Err(ureq::Error::Other(error.into()))),
        }
    }

    /// Sends a body.
    pub fn body(self, body: impl Into<Bytes>) -> Self {
        self.change(|outgoing| {
            *outgoing.request.body_mut() = Body::Bytes(body.into());
            Ok(())
        })
    }

    /// Sends what a reader reads. It can't be sent again, so a 401 is then the answer.
    pub fn reader(self, reader: impl Read + Send + 'static) -> Self {
        self.change(|outgoing| {
            *outgoing.request.body_mut() = Body::Reader(Box::new(reader));
            Ok(())
        })
    }

    /// How long each sending may take, its answer included, and how long a token is waited for.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.change(|outgoing| {
            outgoing.timeout = Some(timeout);
            Ok(())
        })
    }

    /// Sends the request without a token. Its answer is the caller's, a 401 too.
    pub fn without_token(self) -> Self {
        self.change(|outgoing| {
            outgoing.request.extensions_mut().insert(WithoutToken);
            Ok(())
        })
    }

    /// Sends the request with a token, and gives the answer whatever its status. Its body is read
    /// by the methods of [`ureq::Body`].
    ///
    /// # Errors
    /// [`SendError::Token`] if there is no token, the origin was not named or the token does not fit
    /// into the request; [`SendError::Request`], with ureq's own error, if the request can't be built
    /// or got no answer; [`SendError::InvalidUrl`] if the path and the base make no URL;
    /// [`SendError::TooManyRedirects`] after ten of them.
    pub fn send(self) -> Result<Response<ureq::Body>, SendError> {
        send(&self.tokens, &self.sender, self.outgoing?)
    }

    fn typed(self, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let typed = self.body(body);
        typed.change(|outgoing| {
            let content_type = HeaderValue::from_static(content_type);
            let headers = outgoing.request.headers_mut();
            headers.entry(CONTENT_TYPE).or_insert(content_type);
            Ok(())
        })
    }

    fn change(mut self, change: impl FnOnce(&mut Outgoing) -> Result<(), ureq::Error>) -> Self {
        if let Ok(outgoing) = &mut self.outgoing
            && let Err(error) = change(outgoing)
        {
            self.outgoing = Err(error.into());
        }
        self
    }
}

impl fmt::Debug for RequestBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestBuilder").finish_non_exhaustive()
    }
}
