//! The HTTP client that a session sends over.

use grantor_core::LocalhostNames;

/// An HTTP client, and whether it resolves names below `localhost` itself.
#[derive(Debug, Clone)]
pub(crate) struct Sender<C> {
    pub(crate) client: C,
    pub(crate) names: LocalhostNames,
}

impl<C> Sender<C> {
    /// A client with grantor's resolver and proxies.
    pub(crate) fn own(client: C) -> Self {
        Self {
            client,
            names: LocalhostNames::Loopback,
        }
    }

    /// A client of the application's, whose resolver may ask DNS for any name.
    pub(crate) fn foreign(client: C) -> Self {
        Self {
            client,
            names: LocalhostNames::ByDns,
        }
    }
}
