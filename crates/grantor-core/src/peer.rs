//! The address of a connection, as an extension of requests.

use core::net::IpAddr;

/// The address that a request's connection came from: an extension of the request.
///
/// The accept loop inserts it. Behind a proxy it is the proxy's;
/// [`TrustedProxies`](crate::TrustedProxies) finds the address of the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PeerAddress(pub IpAddr);
