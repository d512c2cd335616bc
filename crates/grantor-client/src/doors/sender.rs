//! The HTTP client that a session sends over.

use grantor_core::LocalhostNames;

use crate::request::http_request::Promises;

/// An HTTP client, and what it promises.
#[derive(Debug, Clone)]
pub(crate) struct Sender<C> {
    pub(crate) client: C,
    pub(crate) promises: Promises,
}

impl<C> Sender<C> {
    /// A client with grantor's resolver and proxies, which may present the client certificate.
    pub(crate) fn own(client: C, certificate: bool) -> Self {
        Self {
            client,
            promises: Promises {
                names: LocalhostNames::Loopback,
                certificate,
            },
        }
    }

    /// A client of the application's, whose resolver may ask DNS for any name, and whose certificates
    /// are its own.
    pub(crate) fn foreign(client: C) -> Self {
        Self {
            client,
            promises: Promises::NONE,
        }
    }
}
