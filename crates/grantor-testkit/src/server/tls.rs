//! The server over https, for clients that present a certificate.

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Deref;
use std::sync::Arc;
use std::thread::JoinHandle;

use bytes::Bytes;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};
use url::Url;

use super::FakeServer;
use super::listen::Fake;
use super::mtls::Presented;
use crate::certificates::{AUTHORITY, SERVER, SERVER_KEY};

/// A [`FakeServer`] over https, at two ports of 127.0.0.1: one asks for no certificate and is the issuer,
/// the other one takes connections only with a certificate of [`certificates`](crate::certificates).
/// Metadata names the endpoints there as `mtls_endpoint_aliases` (RFC 8705 section 5). Needs the feature
/// `tls`.
///
/// Requests at either port count as requests to the issuer.
#[derive(Debug)]
pub struct FakeTlsListener {
    server: FakeServer,
    mtls: Url,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl FakeServer {
    /// A server over https whose issuer is where it listens; its authority is
    /// [`certificates::AUTHORITY`](crate::certificates::AUTHORITY). Needs the feature `tls`.
    ///
    /// # Errors
    /// The system gives no sockets or no thread.
    pub fn listen_tls() -> io::Result<FakeTlsListener> {
        let (plain, mtls) = (bind()?, bind()?);
        let server = Self::new(&format!("https://{}", plain.local_addr()?));
        let mtls_url = format!("https://{}", mtls.local_addr()?);
        server.lock().mtls.aliases = Some(mtls_url.clone());
        let mtls_url = mtls_url.parse().map_err(io::Error::other)?;
        let (without, with) = (acceptor(false)?, acceptor(true)?);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let served = server.clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::Builder::new()
            .name("grantor-fake-server".to_owned())
            .spawn(move || {
                runtime.block_on(async move {
                    tokio::select! {
                        () = serve(plain, without, &served) => {}
                        () = serve(mtls, with, &served) => {}
                        _ = stopped => {}
                    }
                });
            })?;
        Ok(FakeTlsListener {
            server,
            mtls: mtls_url,
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

fn bind() -> io::Result<TcpListener> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

fn acceptor(asks_for_certificate: bool) -> io::Result<TlsAcceptor> {
    let provider = Arc::new(default_provider());
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?;
    let config = match asks_for_certificate {
        false => config.with_no_client_auth(),
        true => {
            let mut authorities = RootCertStore::empty();
            let authority = CertificateDer::from_pem_slice(AUTHORITY.as_bytes());
            let authority = authority.map_err(io::Error::other)?;
            authorities.add(authority).map_err(io::Error::other)?;
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(authorities), provider);
            config.with_client_cert_verifier(verifier.build().map_err(io::Error::other)?)
        }
    };
    let certificate = CertificateDer::from_pem_slice(SERVER.as_bytes());
    let key = PrivateKeyDer::from_pem_slice(SERVER_KEY.as_bytes());
    let (certificate, key) = (
        certificate.map_err(io::Error::other)?,
        key.map_err(io::Error::other)?,
    );
    let config = config.with_single_cert(vec![certificate], key);
    Ok(TlsAcceptor::from(Arc::new(
        config.map_err(io::Error::other)?,
    )))
}

async fn serve(listener: TcpListener, acceptor: TlsAcceptor, server: &FakeServer) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
        return;
    };
    while let Ok((stream, _)) = listener.accept().await {
        let (acceptor, server) = (acceptor.clone(), server.clone());
        tokio::spawn(async move {
            // A client that is refused sees that itself.
            let Ok(stream) = acceptor.accept(stream).await else {
                return;
            };
            let (_, tls) = stream.get_ref();
            let presented = tls.peer_certificates().and_then(<[_]>::first);
            let presented = presented.map(|own| Presented(Bytes::copy_from_slice(own)));
            let service = tower::Presenting {
                service: Fake(server),
                presented,
            };
            let connection = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
            let _ = connection.await;
        });
    }
}

/// The service that tells requests their connection's certificate.
mod tower {
    use std::task::{Context, Poll};

    use http::Request;
    use tower_service::Service;

    use super::{Fake, Presented};

    #[derive(Clone)]
    pub(super) struct Presenting {
        pub(super) service: Fake,
        pub(super) presented: Option<Presented>,
    }

    impl<B> Service<Request<B>> for Presenting
    where
        Fake: Service<Request<B>>,
    {
        type Response = <Fake as Service<Request<B>>>::Response;
        type Error = <Fake as Service<Request<B>>>::Error;
        type Future = <Fake as Service<Request<B>>>::Future;

        fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
            Service::<Request<B>>::poll_ready(&mut self.service, context)
        }

        fn call(&mut self, mut request: Request<B>) -> Self::Future {
            if let Some(presented) = &self.presented {
                request.extensions_mut().insert(presented.clone());
            }
            self.service.call(request)
        }
    }
}

impl FakeTlsListener {
    /// Where it listens without asking for a certificate, which is its issuer too.
    #[must_use]
    pub fn url(&self) -> &Url {
        self.server.issuer.url()
    }

    /// Where it asks for a certificate.
    #[must_use]
    pub fn mtls_url(&self) -> &Url {
        &self.mtls
    }

    /// The API, where connections present a certificate.
    #[must_use]
    pub fn mtls_api_url(&self) -> Url {
        let mut url = self.mtls.clone();
        url.set_path("/api");
        url
    }
}

impl Deref for FakeTlsListener {
    type Target = FakeServer;

    fn deref(&self) -> &FakeServer {
        &self.server
    }
}

impl Drop for FakeTlsListener {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // The thread ends, or it panicked and has reported that.
            let _ = thread.join();
        }
    }
}
