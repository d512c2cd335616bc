//! The authorization server.

use std::sync::Arc;

use grantor_core::{Introspection, Issuer};

use crate::client::StoredClients;
use crate::error::Error;
use crate::event::CountersSnapshot;
use crate::fetch::Fetcher;
use crate::grant::ListedGrant;
use crate::revocation::Target;
use crate::router::{EndpointRow, Routes};
use crate::state::State;

mod caller;
mod introspect;
mod service;

/// An authorization server: a `tower` service of `http` requests. Clones share everything.
#[derive(Debug, Clone)]
pub struct Server(pub(crate) Arc<Assembled>);

/// The parts of a server.
#[derive(Debug)]
pub(crate) struct Assembled {
    pub(crate) state: State,
    pub(crate) routes: Routes,
}

impl Server {
    /// Its identifier.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        &self.0.state.services.issuer
    }

    /// Lets tokens be requested for a resource that is protected in this process. The first one is the
    /// default audience, if none is configured.
    pub fn register_resource(&self, resource: &str) {
        self.0.state.services.protected.add(resource);
    }

    /// The paths that it answers, for mounting it in a router: absolute, with the path of the issuer
    /// in them.
    #[must_use]
    pub fn paths(&self) -> Vec<String> {
        self.0.routes.paths().collect()
    }

    /// Its endpoints, for the measurement that walks them all.
    #[doc(hidden)]
    #[must_use]
    pub fn endpoint_rows(&self) -> Vec<EndpointRow> {
        self.0.routes.rows().collect()
    }

    /// The clients in its store; none if the application has a table of its own
    /// ([`ServerBuilder::clients`](crate::ServerBuilder::clients)).
    #[must_use]
    pub fn clients(&self) -> Option<&StoredClients> {
        self.0.state.services.stored_clients.as_deref()
    }

    /// The way out of the server, for grant types of the application's own that read what a client
    /// names; none without [`ServerBuilder::transport_with`](crate::ServerBuilder::transport_with).
    #[must_use]
    pub fn fetcher(&self) -> Option<&Fetcher> {
        self.0.state.services.fetcher.as_ref()
    }

    /// Counts of everything since it started.
    #[must_use]
    pub fn counters(&self) -> CountersSnapshot {
        self.0.state.services.events.counters()
    }

    /// Returns the contents of a token if it is valid now, for a resource server in this process:
    /// no client has to authenticate, and the answer is as fresh as the store.
    ///
    /// # Errors
    /// The store failed: the token must then not be accepted.
    pub async fn introspect(&self, token: &str) -> Result<Introspection, Error> {
        self.0.state.services.tokens.read(token, None).await
    }

    /// Revokes every token issued under a target. A JWT that is verified offline stays valid until
    /// it expires.
    ///
    /// # Errors
    /// The store failed.
    pub async fn revoke(&self, target: &Target) -> Result<(), Error> {
        self.0.state.services.revoke(target).await
    }

    /// The valid grants of a subject, the oldest first: one for each login of each application. A
    /// grant is on the list once its code was redeemed. [`revoke`](Self::revoke) ends one.
    ///
    /// # Errors
    /// The store failed, or can't list.
    pub async fn grants_of(&self, subject: &str) -> Result<Vec<ListedGrant>, Error> {
        self.0.state.services.grants.of_subject(subject).await
    }

    /// Removes a user: revokes every token of `subject`, calls `remove`, which removes the account,
    /// and revokes once more, for a login that came in between. If it fails on the way, it can be
    /// repeated.
    ///
    /// # Errors
    /// The store failed, or `remove` did.
    pub async fn remove_subject<T, E: From<Error>>(
        &self,
        subject: &str,
        remove: impl AsyncFnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        let epochs = &self.0.state.services.revocation.epochs;
        epochs.remove_subject(subject, remove).await
    }

    /// Returns whether the store was seen to have lost writes: a refresh token was presented that
    /// is newer than its record.
    #[must_use]
    pub fn store_rolled_back(&self) -> bool {
        self.counters().rollbacks > 0
    }
}
