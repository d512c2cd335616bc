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
        self.counted(head).map(name_of)
    }

    /// The name of the IPv6 /48 that a request comes from, for buckets; none where
    /// [`address`](Self::address) is none, and for IPv4, whose addresses are scarce.
    pub(crate) fn network(&self, head: &Parts) -> Option<String> {
        self.counted(head).filter(IpAddr::is_ipv6).map(network_of)
    }

    /// The name of the address that a request comes from, for taking turns; none if a proxy hides it.
    /// Clients that share it share a turn, and are not refused for it: so an IPv6 address counts by its
    /// /48, of which an attacker may have every address.
    #[must_use]
    pub fn source(&self, head: &Parts) -> Option<String> {
        let peer = head.extensions.get::<PeerAddress>()?;
        let client = self.proxies.client_address(*peer, &head.headers);
        client.map(network_of)
    }

    /// The address that counts against limits.
    fn counted(&self, head: &Parts) -> Option<IpAddr> {
        let peer = *head.extensions.get::<PeerAddress>()?;
        let Some(address) = self.proxies.client_address(peer, &head.headers) else {
            self.warn_of(peer);
            return None;
        };
        let is_own = address.is_loopback() && !self.proxies.includes(peer);
        (!is_own).then_some(address)
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

fn network_of(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => {
            let [a, b, c, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}::/48")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    use grantor_core::{ProxyHeader, TrustedProxies};
    use grantor_store::{MemoryStore, Namespace, Stores};

    fn head(peer: &str, forwarded: Option<&str>) -> Parts {
        let (mut head, ()) = http::Request::new(()).into_parts();
        head.extensions.insert(PeerAddress(peer.parse().unwrap()));
        if let Some(forwarded) = forwarded {
            let value = forwarded.parse().unwrap();
            head.headers.insert("x-forwarded-for", value);
        }
        head
    }

    fn limits() -> Limits {
        let store = Arc::new(MemoryStore::new());
        Limits::new(&Stores::new(
            store,
            Namespace::new("t"),
            grantor_http::system(),
        ))
    }

    fn of(proxies: &TrustedProxies, peer: &str, forwarded: Option<&str>) -> Option<String> {
        let limits = limits().behind(proxies.clone());
        limits.address(&head(peer, forwarded))
    }

    /// A tunnel broker gives everybody a /48.
    #[test]
    fn all_addresses_of_a_network_take_one_turn() {
        let limits = limits();
        let of = |peer| limits.source(&head(peer, None)).unwrap();
        assert_eq!(of("2001:db8:1:2::1"), "2001:db8:1::/48");
        assert_eq!(of("2001:db8:1:3::1"), of("2001:db8:1:2::1"));
        assert_ne!(of("2001:db8:2:2::1"), of("2001:db8:1:2::1"));
        assert_eq!(of("192.0.2.1"), "192.0.2.1");
        let network = |peer| limits.network(&head(peer, None));
        let six = network("2001:db8:1:2::1");
        assert_eq!(six.as_deref(), Some("2001:db8:1::/48"));
        for none in ["192.0.2.1", "::1", "::ffff:192.0.2.1"] {
            assert_eq!(network(none), None, "{none}");
        }
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
