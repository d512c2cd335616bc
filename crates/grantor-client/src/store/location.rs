//! Where records are kept: in memory or in a store.

use std::sync::Arc;

use grantor_core::Environment;
use grantor_store::{MasterKey, MemoryStore, Store};

/// Where records are to be kept.
#[derive(Debug, Clone)]
pub(crate) enum StoreLocation {
    /// In this manager, and gone with it.
    InMemory,
    /// In a store that others may use too.
    Store(Arc<dyn Store>, MasterKey),
}

/// The other users of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StoreSharing {
    OtherProcesses,
    /// Nobody, as the user promises or as there is no way to.
    Nobody,
}

/// A place that is there.
#[derive(Debug)]
pub(crate) struct OpenStore {
    pub(super) store: Arc<dyn Store>,
    pub(crate) key: MasterKey,
    pub(super) sharing: StoreSharing,
}

impl StoreLocation {
    pub(crate) fn open(self, sharing: StoreSharing, environment: &Environment) -> OpenStore {
        match self {
            Self::Store(store, key) => OpenStore {
                store,
                key,
                sharing,
            },
            Self::InMemory => OpenStore {
                store: Arc::new(MemoryStore::new()),
                key: MasterKey::from_bytes(environment.random_bytes()),
                sharing: StoreSharing::Nobody,
            },
        }
    }
}
