//! Where tokens are kept.

use std::sync::Arc;

use grantor_store::{MasterKey, Store};

use super::TokensBuilder;
use crate::store::location::{StoreLocation, StoreSharing};

impl TokensBuilder {
    /// Keeps tokens in a store, sealed under a key, so that they outlive the process and are shared
    /// with others. Otherwise they are in memory only.
    pub fn store(mut self, store: Arc<dyn Store>, key: &MasterKey) -> Self {
        self.store = StoreLocation::Store(store, key.clone());
        self
    }

    /// Promises that no other process uses the store as long as this one does. Then a login can be
    /// kept in any store, a [`SimpleStore`](grantor_store::SimpleStore) too, and no lease is taken.
    ///
    /// If the promise is broken, two processes spend one refresh token, which a server takes for
    /// theft: the user has to sign in again.
    pub fn single_process(mut self) -> Self {
        self.store_sharing = StoreSharing::Nobody;
        self
    }
}
