//! Which address a request comes from, when proxies pass it on: RFC 7239, and `X-Forwarded-For`.

use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::fmt;

use http::{HeaderMap, HeaderName, header};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::peer::PeerAddress;

/// The proxies whose word about the sender of a request is taken, and the header they use.
///
/// Each proxy appends the address that it received the request from. So the header is read from its
/// end: behind the last entry is the connection, and as long as an address is a named proxy, the entry
/// before it is true. The first address that is not a named proxy is the client's.
///
/// ```
/// use grantor_core::{PeerAddress, ProxyHeader, TrustedProxies};
/// use http::HeaderMap;
///
/// let proxies = TrustedProxies::parse(["10.0.0.0/8"], ProxyHeader::XForwardedFor)?;
/// let mut headers = HeaderMap::new();
/// headers.insert("x-forwarded-for", "198.51.100.7, 203.0.113.9, 10.0.0.2".parse()?);
/// let from = PeerAddress("10.0.0.1".parse()?);
/// assert_eq!(proxies.client_address(from, &headers), Some("203.0.113.9".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TrustedProxies {
    networks: Vec<IpNet>,
    header: ProxyHeader,
}

/// The header in which proxies say where a request came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ProxyHeader {
    /// `Forwarded`, RFC 7239.
    Forwarded,
    /// `X-Forwarded-For`, which most proxies send.
    #[default]
    XForwardedFor,
}

/// A text is no address and no network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidNetwork(String);

impl TrustedProxies {
    /// Proxies by their addresses (`10.0.0.7`, `::1`) or networks (`10.0.0.0/8`), all of which send
    /// `header`.
    ///
    /// One header only: a proxy that writes one of them passes the other on as the client sent it.
    ///
    /// # Errors
    /// One of them is neither.
    pub fn parse<'a>(
        networks: impl IntoIterator<Item = &'a str>,
        header: ProxyHeader,
    ) -> Result<Self, InvalidNetwork> {
        let network = |text: &str| {
            let address = text.parse::<IpAddr>().map(IpNet::from);
            let network = address.or_else(|_| text.parse::<IpNet>());
            network.map_err(|_| InvalidNetwork(text.to_owned()))
        };
        Ok(Self {
            networks: networks
                .into_iter()
                .map(network)
                .collect::<Result<_, _>>()?,
            header,
        })
    }

    /// The address of the client that sent a request, given where its connection came from.
    ///
    /// If named proxies name nobody but each other, the first of them is the client's: a machine of
    /// their own network. From a public address that is not named the header is not believed, and the
    /// address is the client's.
    ///
    /// `None` where the address that is known is one of a proxy, which many clients share, so nothing
    /// may be counted against it: the named proxy sent no header, or one that does not say where the
    /// request came from, or the request came over a private network with a header of a proxy that was
    /// not named.
    #[must_use]
    pub fn client_address(&self, peer: PeerAddress, headers: &HeaderMap) -> Option<IpAddr> {
        let peer = peer.0.to_canonical();
        if !self.is_named(peer) {
            let unnamed_proxy = is_private(peer) && is_forwarded(headers);
            return (!unnamed_proxy).then_some(peer);
        }
        let mut client = None;
        for hop in self.hops(headers) {
            // An obfuscated or malformed entry hides what is before it.
            let address = hop?;
            client = Some(address);
            if !self.is_named(address) {
                break;
            }
        }
        client
    }

    /// Returns whether a connection comes from a named proxy.
    #[must_use]
    pub fn includes(&self, peer: PeerAddress) -> bool {
        self.is_named(peer.0.to_canonical())
    }

    fn is_named(&self, address: IpAddr) -> bool {
        self.networks
            .iter()
            .any(|network| network.contains(&address))
    }

    /// Returns the address that each proxy added, the last proxy first.
    fn hops(&self, headers: &HeaderMap) -> impl Iterator<Item = Option<IpAddr>> {
        let header = self.header;
        let values = headers.get_all(header.name()).iter();
        let texts: Vec<&str> = values.map(|value| value.to_str().unwrap_or("")).collect();
        let entries: Vec<Option<IpAddr>> = texts
            .iter()
            .flat_map(|text| text.split(','))
            .map(|entry| header.address(entry.trim()))
            .collect();
        entries.into_iter().rev()
    }
}

impl ProxyHeader {
    fn name(self) -> HeaderName {
        match self {
            Self::Forwarded => header::FORWARDED,
            Self::XForwardedFor => X_FORWARDED_FOR,
        }
    }

    fn address(self, entry: &str) -> Option<IpAddr> {
        match self {
            Self::XForwardedFor => address(entry),
            Self::Forwarded => {
                let mut pairs = entry.split(';').filter_map(|pair| pair.split_once('='));
                let (_, value) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("for"))?;
                address(value.trim().trim_matches('"'))
            }
        }
    }
}

/// An address, with brackets or a port or without.
fn address(text: &str) -> Option<IpAddr> {
    let inner = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    let address = inner.unwrap_or(text).parse::<IpAddr>();
    let address = address.or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()));
    Some(address.ok()?.to_canonical())
}

fn is_forwarded(headers: &HeaderMap) -> bool {
    headers.contains_key(header::FORWARDED) || headers.contains_key(X_FORWARDED_FOR)
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let shared = Ipv4Net::new_assert(Ipv4Addr::new(100, 64, 0, 0), 10);
            address.is_loopback()
                || address.is_private()
                || address.is_link_local()
                || shared.contains(&address)
        }
        IpAddr::V6(address) => {
            address.is_loopback()
                || address.is_unique_local()
                || Ipv6Net::new_assert(core::net::Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10)
                    .contains(&address)
        }
    }
}

impl fmt::Display for InvalidNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(text) = self;
        write!(
            f,
            "{text:?} is no IP address and no network such as 10.0.0.0/8"
        )
    }
}

impl std::error::Error for InvalidNetwork {}

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

#[cfg(test)]
mod tests;
