//! A store that counts what it is asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use grantor_core::BoxFuture;
use grantor_store::{
    Capabilities, Entry, Error, Expect, Key, Put, PutOutcome, RemoveOutcome, Store,
};

#[derive(Debug)]
pub(crate) struct CountingStore {
    store: Arc<dyn Store>,
    reads: AtomicUsize,
    writes: AtomicUsize,
}

impl CountingStore {
    pub(crate) fn around(store: &Arc<dyn Store>) -> Arc<Self> {
        Arc::new(Self {
            store: Arc::clone(store),
            reads: AtomicUsize::new(0),
            writes: AtomicUsize::new(0),
        })
    }

    /// Reads and writes so far.
    pub(crate) fn calls(&self) -> (usize, usize) {
        let read = |count: &AtomicUsize| count.load(Ordering::SeqCst);
        (read(&self.reads), read(&self.writes))
    }
}

impl Store for CountingStore {
    fn capabilities(&self) -> Capabilities {
        self.store.capabilities()
    }

    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        self.store.get(key)
    }

    fn put<'a>(&'a self, put: &'a Put) -> BoxFuture<'a, Result<PutOutcome, Error>> {
        self.writes.fetch_add(1, Ordering::SeqCst);
        self.store.put(put)
    }

    fn remove<'a>(
        &'a self,
        key: &'a Key,
        expect: Expect,
    ) -> BoxFuture<'a, Result<RemoveOutcome, Error>> {
        self.writes.fetch_add(1, Ordering::SeqCst);
        self.store.remove(key, expect)
    }
}
