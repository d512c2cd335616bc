use std::fmt;
use std::time::Duration;

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use reqwest::{Body, Client, Request, Response, Url};
use serde::Serialize;
use url::Origin;

use super::redirect;
use crate::{Error, Observed, Tokens};

/// A request of a session, built as reqwest's are.
#[must_use = "nothing is sent before `send`"]
pub struct RequestBuilder {
    tokens: Tokens,
    client: Client,
    builder: Result<reqwest::RequestBuilder, Error>,
}

impl RequestBuilder {
    pub(super) fn new(
        tokens: Tokens,
        client: Client,
        method: Method,
        url: Result<Url, url::ParseError>,
    ) -> Self {
        let builder = match url {
            Ok(url) => Ok(client.request(method, url)),
            Err(error) => Err(Error::configuration(format!(
                "the path can't be joined to the base URL: {error}"
            ))),
        };
        Self {
            tokens,
            client,
            builder,
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

    /// Adds parameters to the URL.
    pub fn query<T: Serialize + ?Sized>(self, query: &T) -> Self {
        self.map(|builder| builder.query(query))
    }

    /// Sends a form.
    pub fn form<T: Serialize + ?Sized>(self, form: &T) -> Self {
        self.map(|builder| builder.form(form))
    }

    /// Sends JSON.
    pub fn json<T: Serialize + ?Sized>(self, json: &T) -> Self {
        self.map(|builder| builder.json(json))
    }

    /// Sends a body. A streamed one can't be sent again, so a 401 is then the answer.
    pub fn body(self, body: impl Into<Body>) -> Self {
        self.map(|builder| builder.body(body))
    }

    /// How long each sending may take, its answer included.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.map(|builder| builder.timeout(timeout))
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
    /// There is no token, its origin was not named, or the request got no answer.
    pub async fn send(self) -> Result<Response, Error> {
        let mut request = self.builder?.build()?;
        for _ in 0..redirect::MOST {
            let origin = request.url().origin();
            let copy = request.try_clone();
            let again = request.try_clone();
            let response = send(&self.tokens, &self.client, request, again).await?;
            match redirect::next(&response, copy) {
                None => return Ok(response),
                Some(next) if is_for(&self.tokens, &origin, &next) => request = next,
                Some(next) if redirect::may_go_abroad(&next) => {
                    return abroad(&self.client, next).await;
                }
                Some(_) => return Ok(response),
            }
        }
        Err(Error::refused("the API redirects without end"))
    }
}

/// Follows redirects to origins that get no token, nor anything else that could be secret.
async fn abroad(client: &Client, mut request: Request) -> Result<Response, Error> {
    for _ in 0..redirect::MOST {
        redirect::strip(&mut request);
        let copy = request.try_clone();
        let response = client.execute(request).await?;
        match redirect::next(&response, copy) {
            Some(next) if redirect::may_go_abroad(&next) => request = next,
            _ => return Ok(response),
        }
    }
    Err(Error::refused("the API redirects without end"))
}

/// Whether a redirected request may keep all of the caller's headers: a credential of their own goes
/// to no other origin, and the rest to those that were named.
fn is_for(tokens: &Tokens, from: &Origin, request: &Request) -> bool {
    if request.url().origin() == *from {
        return true;
    }
    let own = request.headers().contains_key(AUTHORIZATION);
    !own && uri(request).is_ok_and(|uri| tokens.origins.find(&uri).is_ok())
}

fn uri(request: &Request) -> Result<Uri, Error> {
    let uri = request.url().as_str().parse();
    uri.map_err(|_| Error::configuration("the URL of the request is none for HTTP"))
}

/// Sends a request with a token, and once more if that was rejected and there is another.
async fn send(
    tokens: &Tokens,
    client: &Client,
    mut request: Request,
    again: Option<Request>,
) -> Result<Response, Error> {
    let uri = uri(&request)?;
    let attempt = tokens.prepare_parts(&uri, request.headers_mut()).await?;
    let response = client.execute(request).await?;
    let observed = attempt.observe_parts(response.status(), response.headers());
    let (Observed::Resend, Some(mut again)) = (observed.await, again) else {
        return Ok(response);
    };
    let attempt = attempt.prepare_parts_again(again.headers_mut()).await?;
    let response = client.execute(again).await?;
    let observed = attempt.observe_parts(response.status(), response.headers());
    let _ = observed.await;
    Ok(response)
}

impl fmt::Debug for RequestBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestBuilder").finish_non_exhaustive()
    }
}
