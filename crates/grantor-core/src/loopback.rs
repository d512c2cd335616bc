//! This machine: its addresses, its names below `localhost` (RFC 6761 section 6.3), and when plain
//! http to them is secure.

use url::{Host, Url};

/// Returns whether what goes to this URL can't be read on the way: https, or a loopback address.
#[must_use]
pub fn is_secure(url: &Url) -> bool {
    url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url))
}

/// Returns whether a URL has a user name or a password, which HTTP clients send to its host, and
/// people take for the host.
#[must_use]
pub fn has_credentials(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

/// Returns whether a URL names this machine: `127.0.0.0/8`, `[::1]` or `localhost`.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// The resolver of `api.localhost` and every other name below `localhost`.
///
/// RFC 6761 section 6.3 reserves them for this machine, but a resolver that asks DNS all the same may
/// get anybody's address. So plain http to them is secure only for a client that resolves them
/// itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum LocalhostNames {
    /// The client's resolver, perhaps by DNS.
    #[default]
    ByDns,
    /// The client itself: they are loopback addresses, and no proxy is asked.
    Loopback,
}

impl LocalhostNames {
    /// Returns whether what a client sends to this URL can't be read on the way: as [`is_secure`],
    /// and http to names below `localhost` where the client resolves them itself.
    #[must_use]
    pub fn is_secure(self, url: &Url) -> bool {
        is_secure(url) || (self == Self::Loopback && is_plain_localhost_name(url))
    }
}

/// Returns whether a name is `localhost` or below it, in any case and with or without the dot of
/// the root.
#[must_use]
pub fn is_localhost_name(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let last = name.rsplit('.').next().unwrap_or_default();
    last.eq_ignore_ascii_case("localhost")
}

/// Returns whether it depends on the client's resolver that a URL is secure: one of http, with a
/// host below `localhost`.
#[must_use]
pub fn is_plain_localhost_name(url: &Url) -> bool {
    let named = matches!(url.host(), Some(Host::Domain(name)) if is_localhost_name(name));
    url.scheme() == "http" && named && !is_secure(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_below_localhost_are_secure_for_a_client_that_resolves_them_itself() {
        for text in [
            "http://api.localhost",
            "http://api.localhost:3000/x",
            "http://a.b.localhost",
            "http://API.LOCALHOST",
            "http://api.localhost.",
            "http://localhost.",
        ] {
            let url = Url::parse(text).unwrap();
            assert!(LocalhostNames::Loopback.is_secure(&url), "{text}");
            assert!(!LocalhostNames::ByDns.is_secure(&url), "{text}");
            assert!(is_plain_localhost_name(&url), "{text}");
        }
    }

    #[test]
    fn other_names_are_not() {
        for text in [
            "http://localhost.example.com",
            "http://xlocalhost",
            "http://api.xlocalhost",
            "http://api.localhost.x",
            "http://api.localhost..",
            "http://localhost.evil.example./",
            "http://api.localhost@evil.example",
            "ftp://api.localhost",
            "ws://api.localhost",
        ] {
            let Ok(url) = Url::parse(text) else { continue };
            assert!(!LocalhostNames::Loopback.is_secure(&url), "{text}");
        }
    }

    #[test]
    fn what_is_secure_anyway_depends_on_no_resolver() {
        for text in [
            "https://api.localhost",
            "https://api.example",
            "http://localhost:3000",
            "http://127.0.0.1",
        ] {
            let url = Url::parse(text).unwrap();
            assert!(!is_plain_localhost_name(&url), "{text}");
            assert!(LocalhostNames::ByDns.is_secure(&url), "{text}");
        }
    }
}
