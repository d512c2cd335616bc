//! The addresses of this machine.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

/// Returns the addresses of `localhost` and of every name below it (RFC 6761 section 6.3). A server
/// may listen on one of them alone, so a client tries both.
pub(crate) fn loopback_addresses(port: u16) -> [SocketAddr; 2] {
    [
        (Ipv4Addr::LOCALHOST, port).into(),
        (Ipv6Addr::LOCALHOST, port).into(),
    ]
}
