//! The transport that goes over reqwest, and the settings it shares with other doors to reqwest.

use std::sync::Arc;

use ::reqwest::{NoProxy, Proxy};
use bytes::{Bytes, BytesMut};
use grantor_core::BoxFuture;
use http::{Request, Response};
use rustls_platform_verifier::BuilderVerifierExt;

use crate::proxy::{self, ProxySettings};
use crate::{MAX_ANSWER, Timeouts, Transport, TransportError};

/// Requests over HTTP/1.1 and HTTP/2, with TLS by rustls and the platform's root certificates.
///
/// For https, a proxy is taken from the environment (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`). One connection pool; cloning it is cheap.
#[derive(Debug, Clone)]
pub struct ReqwestTransport {
    client: reqwest::Client,
}

impl ReqwestTransport {
    /// A transport with the default timeouts.
    ///
    /// # Errors
    /// The platform's root certificates can't be read.
    pub fn new() -> Result<Self, TransportError> {
        Self::with_timeouts(&Timeouts::default())
    }

    /// A transport with timeouts of its own.
    ///
    /// # Errors
    /// The platform's root certificates can't be read.
    pub fn with_timeouts(timeouts: &Timeouts) -> Result<Self, TransportError> {
        let builder = client_builder(timeouts)?.timeout(timeouts.total);
        let client = builder.build().map_err(no_answer)?;
        Ok(Self { client })
    }
}

impl Transport for ReqwestTransport {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        Box::pin(async move {
            let request = reqwest::Request::try_from(request).map_err(no_answer)?;
            let mut answer = self.client.execute(request).await.map_err(no_answer)?;
            let mut body = BytesMut::new();
            while let Some(chunk) = answer.chunk().await.map_err(no_answer)? {
                if body.len() + chunk.len() > MAX_ANSWER {
                    return Err(TransportError::unknown("the answer is longer than 1 MiB"));
                }
                body.extend_from_slice(&chunk);
            }
            let mut response = Response::new(body.freeze());
            *response.status_mut() = answer.status();
            *response.version_mut() = answer.version();
            *response.headers_mut() = std::mem::take(answer.headers_mut());
            Ok(response)
        })
    }
}

/// A reqwest client that follows no redirect, trusts the platform's roots and uses one TLS provider
/// whatever else is installed in the process. It has a timeout for connections and none for requests.
///
/// # Errors
/// The platform's root certificates can't be read, or the environment names a proxy that is none.
pub fn client_builder(timeouts: &Timeouts) -> Result<reqwest::ClientBuilder, TransportError> {
    builder_in(timeouts, |name| std::env::var(name).ok())
}

fn builder_in(
    timeouts: &Timeouts,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<reqwest::ClientBuilder, TransportError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(BuilderVerifierExt::with_platform_verifier)
        .map_err(|error| {
            let message = "the platform's root certificates can't be read; install them, or name \
                           a file with them in SSL_CERT_FILE";
            TransportError::unsent(message).with_source(error)
        })?;
    let mut tls = tls.with_no_client_auth();
    // A configuration that is handed in whole gets no protocol names from reqwest.
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let proxy = https_proxy(variable).map_err(|error| {
        TransportError::unsent("the proxy that HTTPS_PROXY or ALL_PROXY names is not a URL")
            .with_source(error.without_url())
    })?;
    let client = reqwest::Client::builder().no_proxy();
    let client = match proxy {
        Some(proxy) => client.proxy(proxy),
        None => client,
    };
    Ok(client
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .connect_timeout(timeouts.connect)
        .user_agent(concat!("grantor/", env!("CARGO_PKG_VERSION"))))
}

/// The proxy of the environment, for reqwest.
fn https_proxy(variable: impl Fn(&str) -> Option<String>) -> Result<Option<Proxy>, reqwest::Error> {
    let Some(ProxySettings { url, except }) = proxy::from_variables(variable) else {
        return Ok(None);
    };
    let except = NoProxy::from_string(&format!("{LOOPBACK},{except}"));
    Ok(Some(Proxy::https(url)?.no_proxy(except)))
}

/// What reqwest reports, without the URL, whose query may hold secrets.
fn no_answer(error: reqwest::Error) -> TransportError {
    let error = error.without_url();
    let failure = if error.is_builder() || error.is_connect() {
        TransportError::unsent("the server can't be reached")
    } else if error.is_timeout() {
        TransportError::unknown("the server did not answer in time")
    } else {
        TransportError::unknown("the connection broke before the answer was there")
    };
    failure.with_source(error)
}

/// Never reached through a proxy, whatever `NO_PROXY` says.
const LOOPBACK: &str = "localhost,127.0.0.0/8,::1";

#[cfg(test)]
mod tests;
