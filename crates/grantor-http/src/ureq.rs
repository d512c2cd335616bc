//! The settings of HTTP clients, for the one that needs no runtime.

use std::sync::Arc;

use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Proxy};

use crate::proxy::{ProxySettings, from_variables};
use crate::{Timeouts, TransportError};

/// A client of ureq's with the settings of `client_builder`: it follows no redirect, trusts the platform's roots, uses one TLS provider whatever else is installed in the
/// process, and gives every answer whatever its status. It has a timeout for connections and none for
/// requests.
///
/// # Errors
/// The environment names a proxy that is none.
pub fn blocking_agent(timeouts: &Timeouts) -> Result<Agent, TransportError> {
    agent_in(timeouts, |name| std::env::var(name).ok())
}

fn agent_in(
    timeouts: &Timeouts,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Agent, TransportError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = TlsConfig::builder()
        .unversioned_rustls_crypto_provider(provider)
        .root_certs(RootCerts::PlatformVerifier)
        .build();
    let config = Agent::config_builder()
        .tls_config(tls)
        .proxy(from_variables(variable).map(proxy).transpose()?)
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .allow_non_standard_methods(true)
        .timeout_connect(Some(timeouts.connect))
        .user_agent(concat!("grantor/", env!("CARGO_PKG_VERSION")))
        .build();
    Ok(config.into())
}

fn proxy(ProxySettings { url, except }: ProxySettings) -> Result<Proxy, TransportError> {
    let no_url =
        || TransportError::unsent("the proxy that HTTPS_PROXY or ALL_PROXY names is not a URL");
    // Read once for its parts: only a builder takes exceptions.
    let read = Proxy::new(&url).map_err(|error| no_url().with_source(error))?;
    let mut builder = Proxy::builder(read.protocol())
        .host(read.host())
        .port(read.port());
    if let Some(username) = read.username() {
        builder = builder.username(username);
    }
    if let Some(password) = read.password() {
        builder = builder.password(password);
    }
    for host in ["localhost", "127.*", "::1", "[::1]"] {
        builder = builder.no_proxy(host);
    }
    for host in except
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

#[cfg(test)]
mod tests {
    use http::Uri;

    use super::*;

    fn proxied(variables: &[(&str, &str)], uri: &str) -> bool {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let agent = agent_in(&Timeouts::default(), variable).unwrap();
        let uri: Uri = uri.parse().unwrap();
        let proxy = agent.config().proxy();
        proxy.is_some_and(|proxy| !proxy.is_no_proxy(&uri))
    }

    #[test]
    fn a_proxy_is_for_other_machines() {
        let proxy = [("HTTPS_PROXY", "http://user:pass@proxy.example:3128")];
        assert!(proxied(&proxy, "https://api.example/"));
        for uri in [
            "http://127.0.0.1:80/",
            "http://127.9.9.9/",
            "http://localhost/",
            "http://[::1]:8080/",
        ] {
            assert!(!proxied(&proxy, uri), "{uri}");
        }
        assert!(!proxied(&[], "https://api.example/"));
    }

    #[test]
    fn exceptions_are_kept() {
        let variables = [
            ("ALL_PROXY", "http://proxy.example:3128"),
            ("NO_PROXY", "intern.example, .other.example"),
        ];
        assert!(!proxied(&variables, "https://intern.example/"));
        assert!(!proxied(&variables, "https://a.intern.example/"));
        assert!(!proxied(&variables, "https://a.other.example/"));
        assert!(proxied(&variables, "https://api.example/"));
    }

    #[test]
    fn a_proxy_that_is_no_url_is_named() {
        let variable = |name: &str| (name == "HTTPS_PROXY").then(|| "://".to_owned());
        let error = agent_in(&Timeouts::default(), variable).unwrap_err();
        assert!(error.to_string().contains("HTTPS_PROXY"), "{error}");
    }
}
