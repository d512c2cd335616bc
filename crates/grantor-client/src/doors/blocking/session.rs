//! A blocking session: requests below a URL, every one with a token.

use std::fmt;

use grantor_http::blocking_agent_with;
use http::Method;
use ureq::Agent;
use url::Url;

use super::request_builder::RequestBuilder;
use crate::config::origin::Origin;
use crate::doors::base_url::base_url;
use crate::doors::sender::Sender;
use crate::error::Error;
use crate::token::subject::SubjectToken;
use crate::tokens::Tokens;

/// Requests below a base URL, every one with a valid token, for programs without an async runtime.
///
/// It keeps the rules of [`Session`](crate::Session): a 401 about the token renews it and sends the
/// request once more, if its body can be sent again; redirects are followed (ten at most) where they
/// keep the caller's method and body, and the token goes only to origins that were named. `localhost`
/// and every name below it are this machine, whatever DNS says.
///
/// ```no_run
/// # fn call(tokens: grantor_client::Tokens) -> Result<(), Box<dyn std::error::Error>> {
/// let api = tokens.blocking_session("https://api.example/v1/")?;
/// let mut things = api.get("things").query([("page", "2")]).send()?;
/// let text = things.body_mut().read_to_string()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Session {
    tokens: Tokens,
    sender: Sender<Agent>,
    base: Url,
}

impl Tokens {
    /// A session below a URL, to whose origin the token may go, for programs without an async
    /// runtime.
    ///
    /// # Errors
    /// It is no URL, or not a secure one.
    pub fn blocking_session(&self, base: &str) -> Result<Session, Error> {
        let base = base_url(base)?;
        let origin = Origin::of(&base).map_err(Error::configuration)?;
        let options = &self.services().shared.http_options;
        let certificate = options.client_certificate.is_some();
        Ok(Session {
            tokens: self.with(origin),
            sender: Sender::own(blocking_agent_with(options)?, certificate),
            base,
        })
    }
}

impl Session {
    /// Sends over this client: its pool, its proxies, its certificates. It must follow no redirect
    /// (`max_redirects(0)`, `max_redirects_will_error(false)`) and give every answer whatever its
    /// status (`http_status_as_error(false)`). It may ask DNS for names below `localhost`, so tokens
    /// go to `http://api.localhost` only without it.
    #[must_use]
    pub fn with_agent(mut self, agent: Agent) -> Self {
        self.sender = Sender::foreign(agent);
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
