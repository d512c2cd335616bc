//! The parts of a server that a site is made with.

use grantor_core::Issuer;
use grantor_store::Stores;

use crate::limits::Limits;

/// The parts of a server that a site is made with: see
/// [`ServerBuilder::site_with`](crate::ServerBuilder::site_with).
#[derive(Debug)]
pub struct SiteSetup<'a> {
    issuer: &'a Issuer,
    stores: &'a Stores,
    limits: &'a Limits,
}

impl<'a> SiteSetup<'a> {
    pub(crate) fn new(issuer: &'a Issuer, stores: &'a Stores, limits: &'a Limits) -> Self {
        Self {
            issuer,
            stores,
            limits,
        }
    }

    /// The server's issuer.
    #[must_use]
    pub fn issuer(&self) -> &'a Issuer {
        self.issuer
    }

    /// Where the server's records are, and its clock and randomness.
    #[must_use]
    pub fn stores(&self) -> &'a Stores {
        self.stores
    }

    /// The server's limits, which know its proxies.
    #[must_use]
    pub fn limits(&self) -> &'a Limits {
        self.limits
    }
}
