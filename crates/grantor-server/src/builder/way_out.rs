//! What the server fetches with.

use super::ServerBuilder;
use crate::fetch::Fetcher;

#[cfg(feature = "fetch")]
use {
    crate::fetch::OpenTransport,
    grantor_http::{Addresses, Transport, TransportError},
};

#[cfg(feature = "fetch")]
impl ServerBuilder {
    /// Sets what documents and keys are fetched with that clients name, and opens it when the first is
    /// fetched. It gets the addresses that it has to keep to: public ones, unless the configuration has
    /// [`Config::danger_fetch_from_any_address`](crate::Config::danger_fetch_from_any_address).
    ///
    /// `ReqwestTransport::to_public_addresses` of `grantor-http` is one. The function `open` of the
    /// crate `grantor` sets it, with the feature `reqwest`.
    #[must_use]
    pub fn transport_with<T: Transport>(
        mut self,
        open: impl Fn(Addresses) -> Result<T, TransportError> + Send + Sync + 'static,
    ) -> Self {
        self.transport = Some(OpenTransport::new(open));
        self
    }

    /// The way out, if there is a transport.
    pub(super) fn fetcher(&mut self) -> Option<Fetcher> {
        let open = self.transport.take()?;
        let addresses = match self.config.danger_fetch_from_any_address {
            true => Addresses::Any,
            false => Addresses::Public,
        };
        let environment = self.stores.environment().clone();
        Some(Fetcher::new(open, addresses, environment))
    }
}

#[cfg(not(feature = "fetch"))]
impl ServerBuilder {
    /// None: the server is compiled without a way out.
    pub(super) fn fetcher(&mut self) -> Option<Fetcher> {
        None
    }
}
