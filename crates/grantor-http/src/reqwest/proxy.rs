//! Proxies from the environment, for https alone and never for this machine.
//!
//! Plain http is only spoken to loopback addresses because it stays on the machine; through a proxy
//! it would leave it in the clear.

use reqwest::{NoProxy, Proxy};

/// Never through a proxy, whatever `NO_PROXY` says.
const LOOPBACK: &str = "localhost,127.0.0.0/8,::1";

/// What the environment says of proxies.
pub(crate) struct Named {
    pub(crate) url: String,
    /// Whom it is not for, with commas between them.
    pub(crate) except: String,
}

/// The proxy for https that the environment names, by the usual variables.
pub(crate) fn named(variable: impl Fn(&str) -> Option<String>) -> Option<Named> {
    let first = |names: &[&str]| {
        let mut values = names.iter().filter_map(|name| variable(name));
        values.find(|value| !value.is_empty())
    };
    let url = first(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])?;
    let except = first(&["no_proxy", "NO_PROXY"]).unwrap_or_default();
    Some(Named { url, except })
}

/// That proxy, for reqwest.
pub(super) fn from_environment(
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Option<Proxy>, reqwest::Error> {
    let Some(Named { url, except }) = named(variable) else {
        return Ok(None);
    };
    let except = NoProxy::from_string(&format!("{LOOPBACK},{except}"));
    Ok(Some(Proxy::https(url)?.no_proxy(except)))
}
