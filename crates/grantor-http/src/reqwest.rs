//! The transport that goes over reqwest, and the settings it shares with other doors to reqwest.

mod failure;
mod resolver;

use std::net::IpAddr;
use std::sync::Arc;

use ::reqwest::{ClientBuilder, NoProxy, Proxy, redirect};
use bytes::{Bytes, BytesMut};
use grantor_core::{BoxFuture, CertificateThumbprint, LocalhostNames};
use http::{Request, Response};
use rustls_platform_verifier::Verifier;
use url::{Host, Url};

use self::failure::from_reqwest;
use self::resolver::{NotPublic, PublicResolver, Resolver, UNUSABLE_PROXY};
use crate::proxy::{self, ProxySettings};
use crate::{
    Addresses, AnswerLimit, MAX_ANSWER, Timeouts, Transport, TransportError, TransportOptions,
    is_public_address, tls,
};

/// Requests over HTTP/1.1 and HTTP/2, with TLS by rustls and the platform's root certificates.
///
/// For https, a proxy is taken from the environment (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`). One
/// connection pool; cloning it is cheap.
///
/// `localhost` and every name below it are this machine, without a question to DNS (RFC 6761
/// section 6.3), unless the client is one of [`from_builder`](Self::from_builder).
#[derive(Debug, Clone)]
pub struct ReqwestTransport {
    client: reqwest::Client,
    localhost_names: LocalhostNames,
    addresses: Addresses,
    client_certificate: Option<CertificateThumbprint>,
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
        Self::with_options(&timeouts.clone().into())
    }

    /// A transport with options of its own.
    ///
    /// # Errors
    /// The platform's root certificates can't be read.
    pub fn with_options(options: &TransportOptions) -> Result<Self, TransportError> {
        let builder = client_builder_with(options)?;
        let transport = Self::from_builder(builder.timeout(options.timeouts.total))?;
        Ok(Self {
            localhost_names: LocalhostNames::Loopback,
            client_certificate: thumbprint(options),
            ..transport
        })
    }

    /// A transport over a client of the application's: its proxies, its TLS and its timeouts, of
    /// which it needs one for the whole request. Redirects and the `Referer` are turned off, since
    /// both carry secrets to others.
    ///
    /// It keeps its own resolver and its proxies for http. So nobody knows where a name below
    /// `localhost` leads, and no secret goes there over plain http.
    ///
    /// # Errors
    /// reqwest can't build the client.
    pub fn from_builder(builder: ClientBuilder) -> Result<Self, TransportError> {
        let builder = builder.redirect(redirect::Policy::none()).referer(false);
        let client = builder.build().map_err(from_reqwest)?;
        Ok(Self {
            client,
            localhost_names: LocalhostNames::ByDns,
            addresses: Addresses::Any,
            client_certificate: None,
        })
    }

    /// A transport for URLs that strangers name: https alone, and only to addresses that
    /// [`is_public_address`] lets through. A name is resolved once, and the connection goes to an
    /// address that was judged. No proxy is used, since it would resolve the name itself.
    ///
    /// # Errors
    /// The platform's root certificates can't be read.
    pub fn to_public_addresses(options: &TransportOptions) -> Result<Self, TransportError> {
        let builder = reqwest::Client::builder()
            .no_proxy()
            .https_only(true)
            .dns_resolver(Arc::new(PublicResolver));
        let builder = with_settings(builder, options)?.timeout(options.timeouts.total);
        Ok(Self {
            addresses: Addresses::Public,
            client_certificate: thumbprint(options),
            ..Self::from_builder(builder)?
        })
    }

    /// A host that is an address is connected to without a resolver.
    fn check_literal(&self, url: &Url) -> Result<(), TransportError> {
        let address = match url.host() {
            Some(Host::Ipv4(v4)) => IpAddr::V4(v4),
            Some(Host::Ipv6(v6)) => IpAddr::V6(v6),
            Some(Host::Domain(_)) | None => return Ok(()),
        };
        if self.addresses == Addresses::Any || is_public_address(address) {
            return Ok(());
        }
        Err(TransportError::configuration(NotPublic.to_string()))
    }
}

impl Transport for ReqwestTransport {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        Box::pin(async move {
            let limit = request.extensions().get::<AnswerLimit>();
            let limit = limit.map_or(MAX_ANSWER, |limit| limit.0.min(MAX_ANSWER));
            let request = reqwest::Request::try_from(request).map_err(from_reqwest)?;
            self.check_literal(request.url())?;
            let mut answer = self.client.execute(request).await.map_err(from_reqwest)?;
            let mut body = BytesMut::new();
            while let Some(chunk) = answer.chunk().await.map_err(from_reqwest)? {
                if body.len() + chunk.len() > limit {
                    return Err(TransportError::too_long(limit));
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

    fn localhost_names(&self) -> LocalhostNames {
        self.localhost_names
    }

    fn addresses(&self) -> Addresses {
        self.addresses
    }

    fn client_certificate(&self) -> Option<&CertificateThumbprint> {
        self.client_certificate.as_ref()
    }
}

fn thumbprint(options: &TransportOptions) -> Option<CertificateThumbprint> {
    let certificate = options.client_certificate.as_ref()?;
    Some(certificate.thumbprint().clone())
}

/// A reqwest client that follows no redirect, trusts the platform's roots and uses one TLS provider
/// whatever else is installed in the process. It has a timeout for connections and none for requests.
/// `localhost` and the names below it are loopback addresses, whatever DNS says.
///
/// # Errors
/// The platform's root certificates can't be read, or the environment names a proxy that is none.
pub fn client_builder(timeouts: &Timeouts) -> Result<ClientBuilder, TransportError> {
    client_builder_with(&timeouts.clone().into())
}

/// Like [`client_builder`], with further options.
///
/// # Errors
/// As [`client_builder`].
pub fn client_builder_with(options: &TransportOptions) -> Result<ClientBuilder, TransportError> {
    builder_in(options, |name| std::env::var(name).ok())
}

fn builder_in(
    options: &TransportOptions,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<ClientBuilder, TransportError> {
    let proxy = proxy::from_variables(variable);
    let resolver = Resolver {
        unusable_proxy: proxy.as_ref().and_then(ProxySettings::unusable),
    };
    let client = reqwest::Client::builder().no_proxy();
    let client = match proxy {
        Some(proxy) => client.proxy(for_https(&proxy)?),
        None => client,
    };
    with_settings(client.dns_resolver(Arc::new(resolver)), options)
}

/// The settings of every client.
fn with_settings(
    client: ClientBuilder,
    options: &TransportOptions,
) -> Result<ClientBuilder, TransportError> {
    Ok(client
        .tls_backend_preconfigured(tls_config(options)?)
        .redirect(redirect::Policy::none())
        .referer(false)
        .connect_timeout(options.timeouts.connect)
        .user_agent(concat!("grantor/", env!("CARGO_PKG_VERSION"))))
}

fn tls_config(options: &TransportOptions) -> Result<rustls::ClientConfig, TransportError> {
    let authorities = options.ca_certificates.iter().cloned();
    let provider = tls::provider();
    let verifier = Verifier::new_with_extra_roots(authorities, provider.clone());
    let tls = verifier.and_then(|verifier| {
        let tls = rustls::ClientConfig::builder_with_provider(provider);
        let tls = tls.with_safe_default_protocol_versions()?;
        let tls = tls.dangerous();
        Ok(tls.with_custom_certificate_verifier(Arc::new(verifier)))
    });
    let tls = tls.map_err(|error| {
        let message = "the platform's root certificates can't be read; install them, or name \
                       a file with them in SSL_CERT_FILE";
        TransportError::configuration(message).with_source(error)
    })?;
    let mut tls = match &options.client_certificate {
        None => tls.with_no_client_auth(),
        Some(certificate) => {
            let (chain, key) = (certificate.chain().to_vec(), certificate.key().clone_key());
            tls.with_client_auth_cert(chain, key).map_err(|error| {
                let message = "the client certificate can't be used with its key";
                TransportError::configuration(message).with_source(error)
            })?
        }
    };
    // A configuration that is handed in whole gets no protocol names from reqwest.
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(tls)
}

/// The proxy of the environment, for reqwest.
fn for_https(settings: &ProxySettings) -> Result<Proxy, TransportError> {
    let proxy = match settings.unusable() {
        Some(_) => Proxy::https(format!("http://{UNUSABLE_PROXY}")),
        None => Proxy::https(&settings.url),
    };
    let proxy = proxy.map_err(|error| {
        TransportError::configuration(settings.malformed()).with_source(error.without_url())
    })?;
    let except = format!("{LOOPBACK},{}", settings.except);
    Ok(proxy.no_proxy(NoProxy::from_string(&except)))
}

/// Never reached through a proxy, whatever `NO_PROXY` says.
const LOOPBACK: &str = "localhost,localhost.,127.0.0.0/8,::1";

#[cfg(test)]
mod tests;
