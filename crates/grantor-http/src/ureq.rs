//! The settings of HTTP clients, for the one that needs no runtime.

mod resolver;

use http::{Request, Response};
use ureq::middleware::{Middleware, MiddlewareNext};
use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig};
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, Body, Proxy, ProxyProtocol, SendBody};

use self::resolver::LocalhostResolver;
use crate::proxy::{ProxySettings, UnusableProxy, from_variables};
use crate::{CaCertificates, ClientCertificate, Timeouts, TransportError, TransportOptions, tls};

/// A client of ureq's with the settings of `client_builder`.
///
/// It follows no redirect, trusts the platform's roots, uses one TLS provider whatever else is
/// installed in the process, and gives every answer whatever its status. It has a timeout for
/// connections and none for requests. `localhost` and the names below it are loopback addresses,
/// whatever DNS says.
///
/// # Errors
/// The environment names a proxy that is none.
pub fn blocking_agent(timeouts: &Timeouts) -> Result<Agent, TransportError> {
    blocking_agent_with(&timeouts.clone().into())
}

/// Like [`blocking_agent`], with further options.
///
/// # Errors
/// As [`blocking_agent`].
pub fn blocking_agent_with(options: &TransportOptions) -> Result<Agent, TransportError> {
    agent_in(options, |name| std::env::var(name).ok())
}

fn agent_in(
    options: &TransportOptions,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Agent, TransportError> {
    let presented = options.client_certificate.as_ref();
    let tls = TlsConfig::builder()
        .unversioned_rustls_crypto_provider(tls::provider())
        .root_certs(roots(&options.ca_certificates))
        .client_cert(presented.map(client_certificate).transpose()?)
        .build();
    let settings = from_variables(variable);
    let unusable = settings.as_ref().and_then(ProxySettings::unusable);
    let proxy = settings.as_ref().map(proxy).transpose()?;
    let config = Agent::config_builder();
    let config = match (proxy, unusable) {
        (Some(proxy), Some(unusable)) => config.middleware(Refuse { proxy, unusable }),
        (proxy, _) => config.proxy(proxy),
    };
    let config = config
        .tls_config(tls)
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .allow_non_standard_methods(true)
        .timeout_connect(Some(options.timeouts.connect))
        .user_agent(concat!("grantor/", env!("CARGO_PKG_VERSION")))
        .build();
    let (connector, resolver) = (DefaultConnector::default(), LocalhostResolver::default());
    Ok(Agent::with_parts(config, connector, resolver))
}

/// The platform's roots, and others besides. ureq takes either the platform's or a list, so that the
/// list then holds both.
fn roots(authorities: &CaCertificates) -> RootCerts {
    if authorities.is_empty() {
        return RootCerts::PlatformVerifier;
    }
    let platform = rustls_native_certs::load_native_certs();
    for error in &platform.errors {
        tracing::warn!(%error, "a root certificate of the platform can't be read");
    }
    let all = platform.certs.iter().chain(authorities.iter());
    let all: Vec<_> = all
        .map(|one| Certificate::from_der(one).to_owned())
        .collect();
    RootCerts::new_with_certs(&all)
}

fn client_certificate(certificate: &ClientCertificate) -> Result<ClientCert, TransportError> {
    let chain = certificate.chain().iter();
    let chain: Vec<_> = chain
        .map(|one| Certificate::from_der(one).to_owned())
        .collect();
    let key = PrivateKey::from_pem(certificate.key_pem()).map_err(|error| {
        let message = "the key of the client certificate can't be read";
        TransportError::configuration(message).with_source(error)
    })?;
    Ok(ClientCert::new_with_certs(&chain, key))
}

/// Refuses the requests that a proxy is for which can't be used: ureq would panic over it.
struct Refuse {
    /// Stands for the proxy, to know whom it is for.
    proxy: Proxy,
    unusable: UnusableProxy,
}

impl Middleware for Refuse {
    fn handle(
        &self,
        request: Request<SendBody<'_>>,
        next: MiddlewareNext<'_>,
    ) -> Result<Response<Body>, ureq::Error> {
        if self.proxy.is_no_proxy(request.uri()) {
            return next.handle(request);
        }
        Err(ureq::Error::Other(self.unusable.clone().into()))
    }
}

fn proxy(settings: &ProxySettings) -> Result<Proxy, TransportError> {
    let no_url = || TransportError::configuration(settings.malformed());
    let mut builder = if settings.unusable().is_some() {
        Proxy::builder(ProxyProtocol::Http).host("proxy.invalid")
    } else {
        // Read once for its parts: only a builder takes exceptions.
        let read = Proxy::new(&settings.url).map_err(|error| no_url().with_source(error))?;
        let builder = Proxy::builder(read.protocol());
        let mut builder = builder.host(read.host()).port(read.port());
        if let Some(username) = read.username() {
            builder = builder.username(username);
        }
        if let Some(password) = read.password() {
            builder = builder.password(password);
        }
        builder
    };
    for host in LOOPBACK {
        builder = builder.no_proxy(host);
    }
    for host in settings
        .except
        .split(',')
        .map(str::trim)
        .filter(|host| !host.is_empty())
    {
        builder = builder.no_proxy(host);
        // A domain means what is below it too, as it does for other clients.
        builder = builder.no_proxy(&format!("*.{}", host.trim_start_matches('.')));
    }
    builder.build().map_err(|error| no_url().with_source(error))
}

/// Never reached through a proxy, whatever `NO_PROXY` says. ureq takes a pattern that ends with a dot
/// for the beginning of names, so one with a star stands for `localhost.`, too.
const LOOPBACK: [&str; 6] = [
    "localhost",
    "*.localhost",
    "*localhost.",
    "127.*",
    "::1",
    "[::1]",
];

#[cfg(test)]
mod tests;
