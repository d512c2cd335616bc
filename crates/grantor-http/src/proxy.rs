//! Proxies from the environment, for https alone and never for this machine.
//!
//! Plain http is only spoken to loopback addresses because it stays on the machine; through a proxy
//! it would leave it in the clear.

/// The proxy that the environment names.
pub(crate) struct ProxySettings {
    pub(crate) url: String,
    /// The hosts that are reached without it, with commas between them.
    pub(crate) except: String,
}

/// Reads the proxy for https from the usual variables.
pub(crate) fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Option<ProxySettings> {
    let first = |names: &[&str]| {
        let mut values = names.iter().filter_map(|name| variable(name));
        values.find(|value| !value.is_empty())
    };
    let url = first(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])?;
    let except = first(&["no_proxy", "NO_PROXY"]).unwrap_or_default();
    Some(ProxySettings { url, except })
}
