use std::sync::Arc;

use grantor_core::Environment;
use grantor_store::{MasterKey, MemoryStore, Store};

/// Where records are to be kept.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    /// In this manager, and gone with it.
    Here,
    /// In a store that others may use too.
    Store(Arc<dyn Store>, MasterKey),
}

/// Who else uses the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sharing {
    OtherProcesses,
    /// Nobody, as the user promises or as there is no way to.
    Nobody,
}

/// A place that is there.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(super) store: Arc<dyn Store>,
    pub(crate) key: MasterKey,
    pub(super) sharing: Sharing,
}

impl Place {
    pub(crate) fn open(self, sharing: Sharing, environment: &Environment) -> Opened {
        match self {
            Self::Store(store, key) => Opened {
                store,
                key,
                sharing,
            },
            Self::Here => Opened {
                store: Arc::new(MemoryStore::new()),
                key: MasterKey::from_bytes(environment.random_bytes()),
                sharing: Sharing::Nobody,
            },
        }
    }
}
