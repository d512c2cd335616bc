//! A session: requests below a URL, every one with a token.

use std::fmt;

use grantor_http::client_builder_with;
use http::Method;
use reqwest::Url;

use super::request_builder::RequestBuilder;
use crate::config::origin::Origin;
use crate::doors::base_url::base_url;
use crate::doors::sender::Sender;
use crate::error::Error;
use crate::token::subject::SubjectToken;
use crate::tokens::Tokens;

/// Requests below a base URL, every one with a valid token.
///
/// A 401 about the token renews it and sends the request once more, if its body can be sent again.
/// Redirects are followed (ten at most) where they keep the caller's method and body; the token goes
/// only to origins that were named, and so do all other headers of the caller. The answer to a form
/// that held the token is the caller's where it leads to a GET.
///
/// `localhost` and every name below it, as `http://api.localhost:3000`, are this machine (RFC 6761
/// section 6.3): no resolver and no proxy is asked.
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
    sender: Sender<reqwest::Client>,
    base: Url,
}

impl Tokens {
    /// A session below a URL, to whose origin the token may go.
    ///
    /// # Errors
    /// It is no URL, or not a secure one.
    pub fn session(&self, base: &str) -> Result<Session, Error> {
        let base = base_url(base)?;
        let origin = Origin::of(&base).map_err(Error::configuration)?;
        Session::new(self.with(origin), base)
    }
}

impl Session {
    pub(crate) fn new(tokens: Tokens, base: Url) -> Result<Self, Error> {
        let options = &tokens.services().shared.http_options;
        let certificate = options.client_certificate.is_some();
        let client = client_builder_with(options)?.build();
        let client = client.map_err(Error::http_client)?;
        Ok(Self {
            tokens,
            sender: Sender::own(client, certificate),
            base,
        })
    }

    /// Sends over this client: its pool, its proxies, its certificates. It should follow no
    /// redirects: those it follows are followed by its rules. It may ask DNS for names below
    /// `localhost`, so tokens go to `http://api.localhost` only without it. Tokens that are bound to a
    /// client certificate take [`Tokens::with_certificate_presented`].
    #[must_use]
    pub fn with_client(mut self, client: reqwest::Client) -> Self {
        self.sender = Sender::foreign(client);
        self
    }

    crate::doors::session_methods::shared_methods!();
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("tokens", &self.tokens)
            .field("base", &self.base.as_str())
            .finish_non_exhaustive()
    }
}
