//! A store that forgets.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use grantor_core::BoxFuture;
use grantor_store::{Capabilities, Error, Expect, Key, Put, PutOutcome, Store};

use super::forwarded::forwarded;

/// A store that says that it may evict live records, and does so when the test wants it.
#[derive(Debug)]
pub struct EvictingStore {
    inner: Arc<dyn Store>,
    keys: Mutex<HashSet<Key>>,
}

impl EvictingStore {
    /// Keeps records in `inner` until they are evicted.
    #[must_use]
    pub fn new(inner: Arc<dyn Store>) -> Self {
        Self {
            inner,
            keys: Mutex::default(),
        }
    }

    /// Evicts everything that was put through this store.
    ///
    /// # Errors
    /// The store behind it failed.
    pub async fn evict_all(&self) -> Result<(), Error> {
        let keys = std::mem::take(&mut *self.lock());
        for key in keys {
            let _ = self.inner.remove(&key, Expect::Any).await?;
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<Key>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for EvictingStore {
    forwarded!(
        get,
        remove,
        get_many,
        health,
        maintain,
        observe_time,
        listing,
        counter
    );

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = self.inner.capabilities();
        capabilities.name = "the evicting store";
        capabilities.may_evict = true;
        capabilities
    }

    fn put<'a>(&'a self, put: &'a Put) -> BoxFuture<'a, Result<PutOutcome, Error>> {
        self.lock().insert(put.key);
        self.inner.put(put)
    }
}
