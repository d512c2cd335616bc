//! The proxy that the environment names for https.
//!
//! Plain http goes to loopback addresses alone, and through a proxy it would leave this machine in
//! the clear. A proxy that no request can go through fails the requests that it is for, and no
//! others: those to this machine and to the hosts of `NO_PROXY`.

use std::fmt;

/// The variables of the environment, read.
#[derive(Clone)]
pub(crate) struct ProxySettings {
    /// The variable that names the proxy.
    pub(crate) variable: &'static str,
    /// The URL of the proxy. It may hold a password.
    pub(crate) url: String,
    /// Whom it is not for, with commas between them.
    pub(crate) except: String,
}

/// Reads the proxy for https from the usual variables.
pub(crate) fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Option<ProxySettings> {
    let first = |names: &[&'static str]| {
        let mut values = names
            .iter()
            .filter_map(|name| Some((*name, variable(name)?)));
        values.find(|(_, value)| !value.is_empty())
    };
    let (name, url) = first(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])?;
    let except = first(&["no_proxy", "NO_PROXY"]).map(|(_, except)| except);
    Some(ProxySettings {
        variable: name,
        url: with_known_scheme(url),
        except: except.unwrap_or_default(),
    })
}

impl ProxySettings {
    /// Returns why no request can go through the proxy.
    pub(crate) fn unusable(&self) -> Option<UnusableProxy> {
        self.unusable_with(cfg!(feature = "socks"))
    }

    fn unusable_with(&self, socks: bool) -> Option<UnusableProxy> {
        let scheme = scheme(&self.url).unwrap_or("http");
        let reason = match scheme {
            "http" | "https" => return None,
            "socks4" | "socks4a" | "socks5" | "socks5h" if socks => return None,
            "socks4" | "socks4a" | "socks5" | "socks5h" => {
                "a SOCKS proxy, and grantor is built without its feature \"socks\"".to_owned()
            }
            other => format!("a proxy of the scheme {other:?}, which is not supported"),
        };
        Some(UnusableProxy {
            variable: self.variable,
            reason,
        })
    }

    /// Returns the message for a URL that can't be read.
    pub(crate) fn malformed(&self) -> String {
        format!("{} holds no URL of a proxy", self.variable)
    }
}

/// A proxy of the environment that no request can go through; without its URL, which may hold a
/// password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UnusableProxy {
    variable: &'static str,
    reason: String,
}

impl fmt::Display for UnusableProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} names {}; change it, or list the host in NO_PROXY",
            self.variable, self.reason
        )
    }
}

impl std::error::Error for UnusableProxy {}

/// Returns the scheme of a URL; none, if it has none. The part before `://` may also be a name and
/// a password.
fn scheme(url: &str) -> Option<&str> {
    let (scheme, _) = url.split_once("://")?;
    let is_scheme = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
    let is_scheme = !scheme.is_empty() && scheme.bytes().all(is_scheme);
    is_scheme.then_some(scheme)
}

/// The URL with its scheme in lower case, and `socks` as the version whose proxies resolve names,
/// which desktops mean by it.
fn with_known_scheme(url: String) -> String {
    let Some(scheme) = scheme(&url) else {
        return url;
    };
    let known = match scheme.to_ascii_lowercase().as_str() {
        "socks" => "socks5h".to_owned(),
        other => other.to_owned(),
    };
    format!("{known}{}", &url[scheme.len()..])
}

#[cfg(all(test, feature = "socks"))]
#[path = "../tests/support/socks.rs"]
pub(crate) mod testing;

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(name: &str, url: &str) -> ProxySettings {
        let variable = |asked: &str| (asked == name).then(|| url.to_owned());
        from_variables(variable).unwrap()
    }

    #[test]
    fn a_proxy_that_can_not_be_used_is_named_by_its_variable_and_never_by_its_url() {
        for name in ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
            for scheme in [
                "socks5", "socks5h", "socks4", "socks4a", "socks", "SOCKS5", "ftp", "quic",
            ] {
                let url = format!("{scheme}://user:hunter2@proxy.example:1080");
                let unusable = settings(name, &url).unusable_with(false).unwrap();
                let text = format!("{unusable} {unusable:?}");
                assert!(text.starts_with(name), "{text}");
                assert!(
                    !text.contains("hunter2") && !text.contains("user"),
                    "{text}"
                );
                let says_so = text.contains("socks") || text.contains(scheme);
                assert!(says_so, "{text}");
            }
        }
    }

    #[test]
    fn proxies_of_http_can_be_used_and_those_of_socks_with_the_feature() {
        for url in [
            "http://proxy.example",
            "HTTPS://proxy.example",
            "proxy.example:3128",
            "user:pa://ss@proxy.example",
        ] {
            let settings = settings("ALL_PROXY", url);
            assert_eq!(settings.unusable_with(false), None, "{url}");
        }
        let socks = settings("ALL_PROXY", "Socks://proxy.example");
        assert_eq!(socks.unusable_with(true), None);
        assert_eq!(socks.url, "socks5h://proxy.example");
        let other = settings("ALL_PROXY", "ftp://proxy.example");
        assert!(other.unusable_with(true).is_some());
    }
}
