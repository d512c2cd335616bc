//! The certificate by which a client authenticates in TLS, and to which its tokens are bound (RFC 8705).

#[cfg(any(feature = "reqwest", feature = "blocking"))]
use grantor_http::ClientCertificate;
use grantor_http::Transport;

use super::TokensBuilder;
use crate::authorization_server::client_authentication::is_by_tls;
use crate::token::scheme::Scheme;

impl TokensBuilder {
    /// Presents this certificate to the authorization server and, in sessions, to APIs: PEM with the
    /// client's own certificate first, and its private key in PEM. A server that publishes
    /// `mtls_endpoint_aliases` is asked there.
    ///
    /// A client without a secret authenticates by it (`tls_client_auth`, `self_signed_tls_client_auth`);
    /// next to a secret or an assertion it binds the tokens alone. They count as bound to it (RFC 8705
    /// section 3): only a session of grantor's own HTTP client carries them, or one that is said to
    /// present it too, by [`Tokens::with_certificate_presented`](crate::Tokens::with_certificate_presented).
    /// A server that only authenticates clients by certificates takes
    /// [`unbound_tokens`](Self::unbound_tokens).
    ///
    /// ```no_run
    /// use grantor_client::{ClientCredential, Tokens};
    ///
    /// let (certificate, key) = (std::fs::read("app.pem")?, std::fs::read("app.key")?);
    /// let tokens = Tokens::client_credentials("https://idp.example", "app", ClientCredential::None)
    ///     .client_certificate(certificate, key)
    ///     .build()?;
    /// let api = tokens.session("https://api.example")?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(any(feature = "reqwest", feature = "blocking"))]
    pub fn client_certificate(
        mut self,
        certificate: impl AsRef<[u8]>,
        private_key: impl AsRef<[u8]>,
    ) -> Self {
        match ClientCertificate::from_pem(certificate.as_ref(), private_key.as_ref()) {
            Ok(certificate) => self.client_certificate = Some(certificate),
            Err(error) => self
                .http_problems
                .push(format!("\"client_certificate\": {error}")),
        }
        self
    }

    /// Tokens are not bound to the client certificate: it is for the authorization server alone.
    /// Sessions do not present it, and every HTTP client carries the tokens.
    pub fn unbound_tokens(mut self) -> Self {
        self.unbound_tokens = true;
        self
    }

    /// The way that requests carry the tokens, over this transport.
    pub(super) fn scheme_over(&self, transport: &dyn Transport) -> Scheme {
        let is_bound = transport.client_certificate().is_some() && !self.unbound_tokens;
        match &self.scheme {
            Scheme::Bearer if is_bound => Scheme::CertificateBound,
            scheme => scheme.clone(),
        }
    }

    /// Names what can't work with the certificate that the transport presents.
    pub(super) fn check_certificate(&self, transport: &dyn Transport, problems: &mut Vec<String>) {
        let presented = transport.client_certificate();
        #[cfg(any(feature = "reqwest", feature = "blocking"))]
        if let Some(given) = &self.client_certificate
            && presented != Some(given.thumbprint())
        {
            problems.push(
                "\"client_certificate\" is presented by grantor's own HTTP client: a client or a \
                 transport of the application's, or one that is shared with other tokens, presents \
                 another one or none"
                    .to_owned(),
            );
        }
        if let Some(method) = self.method.as_ref().filter(|method| is_by_tls(method))
            && presented.is_none()
        {
            problems.push(format!(
                "\"{}\" needs a \"client_certificate\", or a transport that presents one",
                method.as_str()
            ));
        }
        if self.unbound_tokens && presented.is_none() {
            problems.push(
                "\"unbound_tokens\" is said of a client certificate, and there is none".to_owned(),
            );
        }
    }
}
