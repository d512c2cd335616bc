//! The address of a connection, from axum to the server.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Request};
use grantor_core::PeerAddress;

/// Inserts [`PeerAddress`] if axum knows the address of the connection. An address that the
/// application has inserted stays.
pub(crate) fn insert_peer_address(mut request: Request) -> Request {
    let extensions = request.extensions_mut();
    if extensions.get::<PeerAddress>().is_none()
        && let Some(ConnectInfo(peer)) = extensions.get::<ConnectInfo<SocketAddr>>().copied()
    {
        extensions.insert(PeerAddress(peer.ip()));
    }
    request
}
