//! Requests to the server beside those for tokens, and forgetting tokens.

use std::sync::Arc;

use grantor_core::{Introspection, IntrospectionRequest, RevocationRequest, ServerMetadata};

use super::Tokens;
use crate::cache::registry::Registry;
use crate::cache::slot::TokenSlot;
use crate::error::Error;
use crate::store::deadline::within_store_timeout;

impl Tokens {
    /// Looks a token up at the server (RFC 7662).
    ///
    /// # Errors
    /// The server has no introspection endpoint, refuses, or does not answer.
    pub async fn introspect(&self, request: &IntrospectionRequest) -> Result<Introspection, Error> {
        let (services, request) = (Arc::clone(self.services()), request.clone());
        let introspection = async move { services.server()?.introspect(&request).await };
        self.services().tasks.run_on_worker(introspection).await
    }

    /// Revokes a token at the server (RFC 7009). A token that is not valid is no error.
    ///
    /// # Errors
    /// The server has no revocation endpoint, refuses, or does not answer.
    pub async fn revoke(&self, request: &RevocationRequest) -> Result<(), Error> {
        let (services, request) = (Arc::clone(self.services()), request.clone());
        let revocation = async move { services.server()?.revoke(&request).await };
        self.services().tasks.run_on_worker(revocation).await
    }

    /// Forgets the access tokens, and the login if there is one, here and in the store. The server
    /// learns nothing of it: [`revoke`](Self::revoke) first what it should forget too.
    ///
    /// Tokens of a client are fetched again when they are needed; a login is over.
    ///
    /// # Errors
    /// The store failed.
    pub async fn forget(&self) -> Result<(), Error> {
        let (registry, slot) = (Arc::clone(self.registry()), Arc::clone(&self.slot));
        let forgotten = forget(registry, slot);
        self.services().tasks.run_on_worker(forgotten).await
    }

    /// The metadata that the server publishes.
    ///
    /// # Errors
    /// It can't be fetched, or the tokens come from no server with an issuer.
    pub async fn metadata(&self) -> Result<Arc<ServerMetadata>, Error> {
        let services = Arc::clone(self.services());
        let metadata = async move { services.server()?.metadata().await };
        self.services().tasks.run_on_worker(metadata).await
    }

    /// Returns whether the server's metadata names a grant type. A server that lists no grant types
    /// knows `authorization_code` and `implicit` (RFC 8414 section 2).
    ///
    /// # Errors
    /// As [`metadata`](Self::metadata).
    pub async fn supports_grant(&self, grant_type: &str) -> Result<bool, Error> {
        Ok(self.metadata().await?.supports_grant(grant_type))
    }
}

async fn forget(registry: Arc<Registry>, slot: Arc<TokenSlot>) -> Result<(), Error> {
    let services = &registry.renewer.services;
    if let Some(login) = registry.renewer.grant.login() {
        login.forget(services).await?;
    }
    for slot in registry.slots() {
        if let Some(in_flight) = slot.in_flight() {
            let _ = slot.wait(in_flight).await;
        }
        let store = &services.store;
        let key = store.access_key(&slot.parameters);
        within_store_timeout(store.access.remove(&key)).await?;
        slot.forget();
    }
    registry.forget_subjects();
    slot.forget();
    Ok(())
}
