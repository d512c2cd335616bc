//! How the HTTP client connects: whom it trusts, and through what.

use std::sync::Arc;
use std::time::Duration;

use grantor_http::{CaCertificates, ReqwestTransport, Timeouts, Transport, TransportOptions};

use super::TokensBuilder;

impl TokensBuilder {
    /// Sends requests to the authorization server over a client that is built so: with the
    /// application's proxy, its TLS and its timeouts. Redirects and the `Referer` are turned off,
    /// since both would carry secrets to others.
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
        match ReqwestTransport::with_options(&self.options_within(self.policy.request_timeout)) {
            Ok(transport) => Some(Arc::new(transport)),
            Err(error) => {
                problems.push(error.to_string());
                None
            }
        }
    }

    fn options_within(&self, total: Duration) -> TransportOptions {
        let mut options = self.http_options.clone();
        options.timeouts = Timeouts {
            total,
            connect: options.timeouts.connect.min(total),
        };
        options
    }
}
