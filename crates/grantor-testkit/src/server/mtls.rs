//! Certificates that clients present (RFC 8705): who authenticates by them, and what is bound to them.

use std::collections::HashMap;
use std::fmt;

use bytes::Bytes;
use grantor_core::{BoxFuture, CertificateThumbprint, LocalhostNames, TokenEndpointAuthMethod};
use grantor_http::{Transport, TransportError};
use http::{Request, Response};

use super::state::State;
use super::{FakeServer, RecordedRequest};

/// The clients that authenticate by a certificate, and the logins that are bound to one.
#[derive(Default)]
pub(super) struct MtlsSettings {
    /// The certificates in DER, by client.
    pub(super) clients: HashMap<String, Vec<u8>>,
    logins: HashMap<usize, CertificateThumbprint>,
    /// Where clients with a certificate connect, if that is somewhere else.
    pub(super) aliases: Option<String>,
}

/// The certificate of a request's connection, in DER.
#[derive(Clone)]
pub(super) struct Presented(pub(super) Bytes);

/// Tokens are bound to the certificate that the connection of their request presented, if there is
/// one: the API takes them over such a connection alone.
impl FakeServer {
    /// This client is served with this certificate, in DER, and nobody that was not added.
    pub fn add_tls_client(&self, client_id: &str, certificate: &[u8]) {
        let mut state = self.lock();
        let method = TokenEndpointAuthMethod::TlsClientAuth;
        if !state.auth_methods.contains(&method) {
            state.auth_methods.push(method);
        }
        let certificate = certificate.to_vec();
        state.mtls.clients.insert(client_id.to_owned(), certificate);
    }

    /// The same server, within the process, over connections that present this certificate in DER.
    #[must_use]
    pub fn over_certificate(&self, certificate: &[u8]) -> CertificateTransport {
        CertificateTransport {
            server: self.clone(),
            certificate: Bytes::copy_from_slice(certificate),
            thumbprint: CertificateThumbprint::of_der(certificate),
        }
    }

    /// The certificate that an access token is bound to.
    #[must_use]
    pub fn certificate_thumbprint(&self, access_token: &str) -> Option<CertificateThumbprint> {
        self.lock().access_token(access_token)?.certificate.clone()
    }
}

/// A [`FakeServer`] behind connections that present a certificate.
#[derive(Clone)]
pub struct CertificateTransport {
    server: FakeServer,
    certificate: Bytes,
    thumbprint: CertificateThumbprint,
}

impl Transport for CertificateTransport {
    fn send(
        &self,
        mut request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        let presented = Presented(self.certificate.clone());
        request.extensions_mut().insert(presented);
        self.server.send(request)
    }

    fn localhost_names(&self) -> LocalhostNames {
        self.server.localhost_names()
    }

    fn client_certificate(&self) -> Option<&CertificateThumbprint> {
        Some(&self.thumbprint)
    }
}

impl fmt::Debug for CertificateTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CertificateTransport")
            .field("server", &self.server)
            .field("certificate", &self.thumbprint)
            .finish()
    }
}

impl RecordedRequest {
    /// The certificate that its connection presented, in DER.
    #[must_use]
    pub fn certificate(&self) -> Option<&[u8]> {
        let presented: &Presented = self.request().extensions().get()?;
        Some(&presented.0)
    }

    pub(super) fn thumbprint(&self) -> Option<CertificateThumbprint> {
        self.certificate().map(CertificateThumbprint::of_der)
    }
}

impl MtlsSettings {
    pub(super) fn bind_login(&mut self, login: usize, certificate: &CertificateThumbprint) {
        self.logins
            .entry(login)
            .or_insert_with(|| certificate.clone());
    }
}

/// Returns whether a refresh token of a public client is bound to another certificate (RFC 8705
/// section 4).
pub(super) fn grant_is_bound_to_another(state: &State, request: &RecordedRequest) -> bool {
    let token = request.parameter("refresh_token");
    let login = token.and_then(|token| state.logins.login_of(&token));
    let bound = login.and_then(|login| state.mtls.logins.get(&login));
    let authenticates = request
        .client_id()
        .is_some_and(|client| state.mtls.clients.contains_key(&client));
    bound.is_some_and(|bound| !authenticates && request.thumbprint().as_ref() != Some(bound))
}
