//! A server for https whose authority is one of our own.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use super::{CaCertificates, provider};

/// A client certificate of the authority of [`client_authority`], and its key.
pub(crate) const CLIENT: &[u8] = include_bytes!("../../tests/certificates/client.pem");
pub(crate) const CLIENT_KEY: &[u8] = include_bytes!("../../tests/certificates/client.key");
pub(crate) const OTHER_CLIENT_KEY: &[u8] =
    include_bytes!("../../tests/certificates/other-client.key");

/// The authority that signed the certificate of [`tls_server`].
pub(crate) fn authority() -> CaCertificates {
    CaCertificates::from_pem(include_bytes!("../../tests/certificates/authority.pem")).unwrap()
}

/// A server that ends with what it has to answer.
pub(crate) struct TlsServer {
    pub(crate) url: String,
    #[cfg(feature = "socks")]
    pub(crate) address: SocketAddr,
    _thread: JoinHandle<()>,
}

/// Answers so many connections with 204, those that come to nothing among them. It is one for
/// 127.0.0.1 and listens on every loopback address.
pub(crate) fn tls_server(connections: usize) -> TlsServer {
    serve(connections, None)
}

/// Like [`tls_server`], for clients with a certificate of the authority of [`CLIENT`] alone.
pub(crate) fn mtls_server(connections: usize) -> TlsServer {
    let authority = include_bytes!("../../tests/certificates/client-authority.pem");
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(authority).unwrap())
        .unwrap();
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider());
    serve(connections, Some(verifier.build().unwrap()))
}

fn serve(connections: usize, clients: Option<Arc<dyn ClientCertVerifier>>) -> TlsServer {
    let certificate = include_bytes!("../../tests/certificates/server.pem");
    let key = include_bytes!("../../tests/certificates/server.key");
    let certificate = CertificateDer::from_pem_slice(certificate).unwrap();
    let key = PrivateKeyDer::from_pem_slice(key).unwrap();
    let config = ServerConfig::builder_with_provider(provider());
    let config = config.with_safe_default_protocol_versions().unwrap();
    let config = match clients {
        None => config.with_no_client_auth(),
        Some(clients) => config.with_client_cert_verifier(clients),
    };
    let config = config.with_single_cert(vec![certificate], key).unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind(SocketAddr::from(([0, 0, 0, 0], 0))).unwrap();
    let port = listener.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || {
        for _ in 0..connections {
            let (stream, _) = listener.accept().unwrap();
            let connection = ServerConnection::new(config.clone()).unwrap();
            let mut stream = StreamOwned::new(connection, stream);
            if stream.read(&mut [0; 4096]).is_ok() {
                let answer = b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";
                let _ = stream.write_all(answer);
            }
        }
    });
    TlsServer {
        url: format!("https://127.0.0.1:{port}/"),
        #[cfg(feature = "socks")]
        address: ([127, 0, 0, 1], port).into(),
        _thread: thread,
    }
}
