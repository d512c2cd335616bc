//! Proxies from the environment, for https alone and never for this machine.
//!
//! Plain http is only spoken to loopback addresses because it stays on the machine; through a proxy
//! it would leave it in the clear.

use reqwest::{NoProxy, Proxy};

/// Never through a proxy, whatever `NO_PROXY` says.
const LOOPBACK: &str = "localhost,127.0.0.0/8,::1";

/// The proxy for https that the environment names, by the usual variables.
pub(super) fn from_environment(
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Option<Proxy>, reqwest::Error> {
    let first = |names: &[&str]| {
        let mut values = names.iter().filter_map(|name| variable(name));
        values.find(|value| !value.is_empty())
    };
    let Some(url) = first(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]) else {
        return Ok(None);
    };
    let except = first(&["no_proxy", "NO_PROXY"]).unwrap_or_default();
    let except = NoProxy::from_string(&format!("{LOOPBACK},{except}"));
    Ok(Some(Proxy::https(url)?.no_proxy(except)))
}
