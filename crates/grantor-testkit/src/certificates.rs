//! Certificates for tests: those of a server for 127.0.0.1 and `localhost`, and of clients. Needs the
//! feature `tls`.

use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

/// The authority that signed the certificates of the server and of the clients.
pub const AUTHORITY: &str = include_str!("certificates/authority.pem");
pub(crate) const SERVER: &str = include_str!("certificates/server.pem");
pub(crate) const SERVER_KEY: &str = include_str!("certificates/server.key");
/// The certificate of a client.
pub const CLIENT: &str = include_str!("certificates/client.pem");
/// Its private key.
pub const CLIENT_KEY: &str = include_str!("certificates/client.key");
/// The certificate of another client.
pub const OTHER_CLIENT: &str = include_str!("certificates/other-client.pem");
/// Its private key.
pub const OTHER_CLIENT_KEY: &str = include_str!("certificates/other-client.key");
/// A certificate that signed itself: no server here takes it.
pub const STRANGER: &str = include_str!("certificates/stranger.pem");
/// Its private key.
pub const STRANGER_KEY: &str = include_str!("certificates/stranger.key");

/// A certificate in DER.
///
/// # Panics
/// The text is no certificate in PEM.
#[must_use]
#[expect(clippy::expect_used, reason = "a test has the text in its source")]
pub fn der(pem: &str) -> Vec<u8> {
    let der = CertificateDer::from_pem_slice(pem.as_bytes());
    der.expect("a certificate in PEM").to_vec()
}
