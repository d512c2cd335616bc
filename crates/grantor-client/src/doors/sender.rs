//! The HTTP client that a session sends over.

use grantor_core::LocalhostNames;

/// The promises of the HTTP client behind a door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Promises {
    /// How it resolves names below `localhost`.
    pub(crate) names: LocalhostNames,
    /// Whether it presents the certificate that tokens are bound to.
    pub(crate) certificate: bool,
}

impl Promises {
    /// Those of a client of which nothing is known.
    pub(crate) const NONE: Self = Self {
        names: LocalhostNames::ByDns,
        certificate: false,
    };
}

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
