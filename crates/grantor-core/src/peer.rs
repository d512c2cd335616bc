use core::net::IpAddr;

/// The address that a request's connection came from: an extension of the request.
///
/// Whoever accepts connections inserts it. Behind a proxy it is the proxy's; [`TrustedProxies`] finds
/// the address of the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PeerAddress(pub IpAddr);
