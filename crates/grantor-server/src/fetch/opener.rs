//! The transport of the embedder, opened when it is first needed.

use std::fmt;
use std::sync::{Arc, OnceLock};

use grantor_http::{Addresses, Transport, TransportError};
use grantor_jose::check::holds;

use super::FetchError;

type Open = dyn Fn(Addresses) -> Result<Arc<dyn Transport>, TransportError> + Send + Sync;

/// A transport that is made when the first document is fetched: most servers fetch nothing, and
/// reading the root certificates takes time and memory.
pub(crate) struct OpenTransport {
    open: Box<Open>,
    opened: OnceLock<Result<Arc<dyn Transport>, FetchError>>,
}

impl OpenTransport {
    pub(crate) fn new<T: Transport>(
        open: impl Fn(Addresses) -> Result<T, TransportError> + Send + Sync + 'static,
    ) -> Self {
        Self {
            open: Box::new(move |addresses| Ok(Arc::new(open(addresses)?))),
            opened: OnceLock::new(),
        }
    }

    /// The transport, which keeps to `addresses`.
    pub(super) fn get(&self, addresses: Addresses) -> Result<&Arc<dyn Transport>, FetchError> {
        let opened = self.opened.get_or_init(|| {
            let no_transport = |why: String| FetchError::NoTransport(why.into());
            let transport = (self.open)(addresses).map_err(|e| no_transport(e.to_string()))?;
            let keeps =
                addresses != Addresses::Public || transport.addresses() == Addresses::Public;
            if !holds("fetch.transport", keeps) {
                return Err(no_transport(
                    "the transport for what clients name may connect to any address: give \
                     ServerBuilder::transport_with one that promises public addresses, as \
                     ReqwestTransport::to_public_addresses does"
                        .to_owned(),
                ));
            }
            Ok(transport)
        });
        opened.as_ref().map_err(Clone::clone)
    }
}

impl fmt::Debug for OpenTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenTransport")
            .field("opened", &self.opened)
            .finish_non_exhaustive()
    }
}
