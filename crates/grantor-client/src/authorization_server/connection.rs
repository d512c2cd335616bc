//! The connection to a server that many of its clients share.

use std::sync::Arc;

use grantor_core::Environment;
use grantor_http::Transport;

use super::proof_on_send::ServerNonces;
use super::throttle::Throttles;
use crate::observe::hooks::Hooks;

/// The transport to a server, the program's hooks around it, and what the server asked for.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) hooks: Hooks,
    pub(crate) environment: Environment,
    pub(crate) throttles: Throttles,
    /// For DPoP proofs.
    pub(crate) nonces: ServerNonces,
}
