//! A session: requests below a URL, every one with a token.

pub(crate) mod redirect;
mod request;
mod send;

use std::fmt;

use grantor_http::{Timeouts, client_builder};
use http::Method;
use reqwest::Url;

pub use self::request::RequestBuilder;
pub(crate) use self::send::send_one;
use crate::{Error, Tokens};

/// Requests below a base URL, every one with a valid token.
///
/// A 401 about the token renews it and sends the request once more, if its body can be sent again.
/// Redirects are followed (ten at most) where they keep the caller's method and body; the token goes
/// only to origins that were named, and so do all other headers of the caller. The answer to a form
/// that held the token is the caller's where it leads to a GET.
///
/// Its requests need a tokio runtime; renewals do not depend on it.
///
/// ```no_run
/// # async fn call(tokens: grantor_client::Tokens) -> Result<(), Box<dyn std::error::Error>> {
/// let api = tokens.session("https://api.example/v1/")?;
/// let things = api.get("things").query(&[("page", "2")]).send().await?;
/// let created = api.post("things").json(&["a", "b"]).send().await?;
/// let health = api.get("/health").without_token().send().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Session {
    tokens: Tokens,
    client: reqwest::Client,
    base: Url,
}

impl Session {
    pub(crate) fn new(tokens: Tokens, base: Url) -> Result<Self, Error> {
        let client = client_builder(&Timeouts::default())?.build()?;
        Ok(Self {
            tokens,
            client,
            base,
        })
    }

    /// Sends over this client: its pool, its proxies, its certificates. It should follow no
    /// redirects: those it follows are followed by its rules.
    #[must_use]
    pub fn with_client(mut self, client: reqwest::Client) -> Self {
        self.client = client;
        self
    }

    /// The tokens behind it.
    #[must_use]
    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// A GET. `things` below `https://api.example/v1` is `https://api.example/v1/things`; a path with
    /// a slash in front begins at the root of the origin, and an absolute URL stands for itself.
    pub fn get(&self, path: &str) -> RequestBuilder {
        self.request(Method::GET, path)
    }

    /// A HEAD.
    pub fn head(&self, path: &str) -> RequestBuilder {
        self.request(Method::HEAD, path)
    }

    /// A POST.
    pub fn post(&self, path: &str) -> RequestBuilder {
        self.request(Method::POST, path)
    }

    /// A PUT.
    pub fn put(&self, path: &str) -> RequestBuilder {
        self.request(Method::PUT, path)
    }

    /// A PATCH.
    pub fn patch(&self, path: &str) -> RequestBuilder {
        self.request(Method::PATCH, path)
    }

    /// A DELETE.
    pub fn delete(&self, path: &str) -> RequestBuilder {
        self.request(Method::DELETE, path)
    }

    /// An OPTIONS.
    pub fn options(&self, path: &str) -> RequestBuilder {
        self.request(Method::OPTIONS, path)
    }

    /// A request of any method.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = self.base.join(path);
        RequestBuilder::new(self.tokens.clone(), self.client.clone(), method, url)
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("tokens", &self.tokens)
            .field("base", &self.base.as_str())
            .finish_non_exhaustive()
    }
}
