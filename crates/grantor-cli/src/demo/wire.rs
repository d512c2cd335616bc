//! The transport of the demo's client.

use std::fmt::Debug;
use std::sync::Arc;

use grantor_http::{ReqwestTransport, Transport, TransportError};

/// The transport of the demo's client, step by step: a test puts a fault there.
pub trait Wire: Debug + Send + Sync + 'static {
    /// The transport for the step with this id.
    fn transport(&self, step: &str) -> Arc<dyn Transport>;
}

/// The network as it is, the same for every step.
#[derive(Debug, Clone)]
pub struct DirectWire(Arc<dyn Transport>);

impl DirectWire {
    /// A wire over one pool of connections.
    ///
    /// # Errors
    /// The platform's root certificates can't be read.
    pub fn new() -> Result<Self, TransportError> {
        Ok(Self(Arc::new(ReqwestTransport::new()?)))
    }
}

impl Wire for DirectWire {
    fn transport(&self, _: &str) -> Arc<dyn Transport> {
        Arc::clone(&self.0)
    }
}
