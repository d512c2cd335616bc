//! The address that a request comes from, as limits count it.

use std::net::IpAddr;
use std::sync::atomic::Ordering;

use grantor_core::PeerAddress;
use http::request::Parts;

use super::Limits;

impl Limits {
    /// The name of the address that a request comes from, for buckets; none if many share it, as they
    /// do that of a proxy, or if it is this machine. It needs the extension [`PeerAddress`]. An IPv6
    /// address counts by its /64, which one client has to itself.
    ///
    /// The first request whose proxy hides its client is a warning in the log.
    #[must_use]
    pub fn address(&self, head: &Parts) -> Option<String> {
        let peer = *head.extensions.get::<PeerAddress>()?;
        let Some(address) = self.proxies.client_address(peer, &head.headers) else {
            self.warn_of(peer);
            return None;
        };
        if address.is_loopback() && !self.proxies.includes(peer) {
            return None;
        }
        Some(name_of(address))
    }

    /// The name of the IPv6 /48 that a request comes from, for buckets; none where
    /// [`address`](Self::address) is none, and for IPv4, whose addresses are scarce.
    pub(crate) fn network(&self, head: &Parts) -> Option<String> {
        let address = self.address(head)?;
        let segments: Vec<&str> = address.strip_suffix("::/64")?.split(':').collect();
        Some(format!("{}::/48", segments.get(..3)?.join(":")))
    }

    /// The name of the address that a request comes from, for taking turns; none if a proxy hides it.
    /// Clients that share it share a turn, and are not refused for it.
    #[must_use]
    pub fn source(&self, head: &Parts) -> Option<String> {
        let peer = head.extensions.get::<PeerAddress>()?;
        let client = self.proxies.client_address(*peer, &head.headers);
        client.map(name_of)
    }

    fn warn_of(&self, PeerAddress(proxy): PeerAddress) {
        if self.warned.swap(true, Ordering::Relaxed) {
            return;
        }
        if self.proxies.includes(PeerAddress(proxy)) {
            tracing::warn!(
                %proxy,
                "a trusted proxy does not say where a request comes from, so no limit counts by \
                 address: have it send X-Forwarded-For with the client's address at the end",
            );
        } else {
            tracing::warn!(
                %proxy,
                "a proxy passes requests on that is not named, so no limit counts by address: name it \
                 in trusted_proxies",
            );
        }
    }
}

fn name_of(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    use grantor_core::{ProxyHeader, TrustedProxies};
    use grantor_store::{MemoryStore, Namespace, Stores};

    fn of(proxies: &TrustedProxies, peer: &str, forwarded: Option<&str>) -> Option<String> {
        let store = Arc::new(MemoryStore::new());
        let stores = Stores::new(store, Namespace::new("t"), grantor_http::system());
        let (mut head, ()) = http::Request::new(()).into_parts();
        head.extensions.insert(PeerAddress(peer.parse().unwrap()));
        if let Some(forwarded) = forwarded {
            let value = forwarded.parse().unwrap();
            head.headers.insert("x-forwarded-for", value);
        }
        Limits::new(&stores).behind(proxies.clone()).address(&head)
    }

    #[test]
    fn an_address_that_many_share_has_no_bucket() {
        let none = TrustedProxies::default();
        let of_none = |peer, forwarded| of(&none, peer, forwarded);
        assert_eq!(of_none("10.0.0.1", Some("192.0.2.1")), None);
        for own in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(of_none(own, None), None, "{own}");
        }
        assert_eq!(of_none("192.0.2.1", None).as_deref(), Some("192.0.2.1"));
        let one = of_none("2001:db8:1:2:3::4", None);
        assert_eq!(one.as_deref(), Some("2001:db8:1:2::/64"));
        assert_eq!(one, of_none("2001:db8:1:2:ffff::1", None));
        let named = TrustedProxies::parse(["10.0.0.1"], ProxyHeader::XForwardedFor).unwrap();
        let behind = |forwarded| of(&named, "10.0.0.1", forwarded);
        assert_eq!(behind(Some("192.0.2.1")).as_deref(), Some("192.0.2.1"));
        for hidden in [None, Some("unknown"), Some("192.0.2.1, unknown")] {
            assert_eq!(behind(hidden), None);
        }
    }

    #[test]
    fn a_private_client_of_a_named_proxy_has_a_bucket() {
        let named = |network| TrustedProxies::parse([network], ProxyHeader::XForwardedFor).unwrap();
        for (network, peer, client) in [
            ("10.0.0.1", "10.0.0.1", "10.0.0.7"),
            ("10.0.0.0/8", "10.0.0.1", "10.0.0.7"),
            ("127.0.0.1", "127.0.0.1", "192.168.1.2"),
            ("127.0.0.1", "127.0.0.1", "127.0.0.1"),
        ] {
            let found = of(&named(network), peer, Some(client));
            assert_eq!(found.as_deref(), Some(client), "{network}");
        }
    }
}
