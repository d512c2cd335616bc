//! A store that forgets.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use grantor_core::BoxFuture;
use grantor_store::{
    Capabilities, Counter, Entry, Error, Expect, Key, Listing, Maintenance, Moment, Put,
    PutOutcome, RemoveOutcome, Store,
};

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
    fn capabilities(&self) -> Capabilities {
        let mut capabilities = self.inner.capabilities();
        capabilities.name = "the evicting store";
        capabilities.may_evict = true;
        capabilities
    }

    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        self.inner.get(key)
    }

    fn put<'a>(&'a self, put: &'a Put) -> BoxFuture<'a, Result<PutOutcome, Error>> {
        self.lock().insert(put.key);
        self.inner.put(put)
    }

    fn remove<'a>(
        &'a self,
        key: &'a Key,
        expect: Expect,
    ) -> BoxFuture<'a, Result<RemoveOutcome, Error>> {
        self.inner.remove(key, expect)
    }

    fn get_many<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Result<Vec<Option<Entry>>, Error>> {
        self.inner.get_many(keys)
    }

    fn health(&self) -> BoxFuture<'_, Result<(), Error>> {
        self.inner.health()
    }

    fn maintain(&self, moment: Moment) -> BoxFuture<'_, Result<Maintenance, Error>> {
        self.inner.maintain(moment)
    }

    fn observe_time(&self, moment: Moment) {
        self.inner.observe_time(moment);
    }

    fn listing(&self) -> Option<&dyn Listing> {
        self.inner.listing()
    }

    fn counter(self: Arc<Self>) -> Option<Arc<dyn Counter>> {
        Arc::clone(&self.inner).counter()
    }
}
