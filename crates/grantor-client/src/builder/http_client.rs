//! The connections of the HTTP client: the authorities it trusts, and its proxy.

use std::sync::Arc;

use grantor_http::Transport;
#[cfg(any(feature = "reqwest", feature = "blocking"))]
use grantor_http::{CaCertificates, TransportOptions};
#[cfg(feature = "reqwest")]
use grantor_http::{ReqwestTransport, Timeouts};

use super::TokensBuilder;

impl TokensBuilder {
    /// Sends requests to the authorization server over a client that is built so: with the
    /// application's proxy, its TLS and its timeouts. Redirects and the `Referer` are turned off,
    /// since both would carry secrets to others.
    ///
    /// The client keeps its own resolver, which may ask DNS for names below `localhost`: a server at
    /// `http://auth.localhost:8080` is refused over it, and taken without it.
    ///
    /// A session sends over a client of its own; see
    /// [`Session::with_client`](crate::Session::with_client).
    ///
    /// ```no_run
    /// use grantor_client::Tokens;
    ///
    /// let proxy = reqwest::Proxy::https("http://proxy.example:3128")?;
    /// let tokens = Tokens::client_credentials("https://idp.example", "app", "s3cret")
    ///     .http_client(reqwest::Client::builder().proxy(proxy))
    ///     .build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "reqwest")]
    pub fn http_client(mut self, client: reqwest::ClientBuilder) -> Self {
        match ReqwestTransport::from_builder(client) {
            Ok(transport) => return self.transport(transport),
            Err(error) => self.http_problems.push(format!("\"http_client\": {error}")),
        }
        self
    }

    /// Trusts these authorities besides those of the platform, as a company's own: certificates in
    /// PEM, one or more. It holds for requests to the authorization server and for sessions, unless
    /// those have a client of the application's.
    ///
    /// ```no_run
    /// use grantor_client::Tokens;
    ///
    /// let tokens = Tokens::client_credentials("https://idp.internal.example", "app", "s3cret")
    ///     .ca_certificates(std::fs::read("company.pem")?)
    ///     .build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(any(feature = "reqwest", feature = "blocking"))]
    pub fn ca_certificates(mut self, pem: impl AsRef<[u8]>) -> Self {
        match CaCertificates::from_pem(pem.as_ref()) {
            Ok(certificates) => self.http_options.ca_certificates = certificates,
            Err(error) => self
                .http_problems
                .push(format!("\"ca_certificates\": {error}")),
        }
        self
    }

    /// The transport that was given, or one over reqwest.
    pub(super) fn open_transport(&self, problems: &mut Vec<String>) -> Option<Arc<dyn Transport>> {
        problems.extend(self.http_problems.iter().cloned());
        if let Some(transport) = &self.transport {
            return Some(Arc::clone(transport));
        }
        let opened = self.default_transport();
        opened.map_err(|problem| problems.push(problem)).ok()
    }

    #[cfg(not(feature = "reqwest"))]
    #[expect(
        clippy::unused_self,
        reason = "the same call with and without the feature"
    )]
    fn default_transport(&self) -> Result<Arc<dyn Transport>, String> {
        Err(
            "there is nothing to send requests with: enable the feature \"reqwest\", or give a \
             \"transport\""
                .to_owned(),
        )
    }

    #[cfg(feature = "reqwest")]
    fn default_transport(&self) -> Result<Arc<dyn Transport>, String> {
        let options = self.options_within(self.policy.request_timeout);
        let transport = ReqwestTransport::with_options(&options);
        transport
            .map(|transport| Arc::new(transport) as Arc<dyn Transport>)
            .map_err(|error| error.to_string())
    }

    /// How sessions connect.
    #[cfg(any(feature = "reqwest", feature = "blocking"))]
    pub(super) fn session_options(&self) -> TransportOptions {
        let mut options = self.http_options.clone();
        if !self.unbound_tokens {
            options
                .client_certificate
                .clone_from(&self.client_certificate);
        }
        options
    }

    #[cfg(feature = "reqwest")]
    fn options_within(&self, total: std::time::Duration) -> TransportOptions {
        let mut options = self.http_options.clone();
        options
            .client_certificate
            .clone_from(&self.client_certificate);
        options.timeouts = Timeouts {
            total,
            connect: options.timeouts.connect.min(total),
        };
        options
    }
}
