//! TLS by rustls.

use std::fs;
use std::io;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;

/// A protected connection.
pub type TlsStream<S> = tokio_rustls::client::TlsStream<S>;

/// How connections are protected: the certificate of a server must be of an authority that is
/// trusted, and have the name of the host.
#[derive(Clone)]
pub struct Tls(Arc<ClientConfig>);

impl Tls {
    /// TLS by which the authorities in the file `authorities` (PEM) are trusted, or those that the
    /// platform trusts.
    ///
    /// # Errors
    /// The file can't be read, or has no certificate; the platform trusts nobody. The text says so.
    pub fn new(authorities: Option<&str>) -> Result<Self, String> {
        let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?;
        let config = match authorities {
            Some(file) => builder
                .with_root_certificates(roots(file)?)
                .with_no_client_auth(),
            None => builder
                .with_platform_verifier()
                .map_err(|error| error.to_string())?
                .with_no_client_auth(),
        };
        Ok(Self(Arc::new(config)))
    }

    /// Has the server at the other end of `stream` show that it is `host`.
    ///
    /// # Errors
    /// It does not; no certificate can have the name of the host; the connection fails.
    pub async fn handshake<S>(&self, host: &str, stream: S) -> io::Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let name = ServerName::try_from(host.to_owned());
        let name = name.map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        let connector = TlsConnector::from(Arc::clone(&self.0));
        connector.connect(name, stream).await
    }
}

fn roots(file: &str) -> Result<RootCertStore, String> {
    let pem = fs::read(file);
    let pem = pem.map_err(|error| format!("the file of authorities can't be read: {error}"))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| error.to_string())?;
        roots.add(certificate).map_err(|error| error.to_string())?;
    }
    match roots.is_empty() {
        true => Err("there is no certificate in the file of authorities".to_owned()),
        false => Ok(roots),
    }
}
