//! A store that counts its calls.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use grantor_core::BoxFuture;
use grantor_store::{Entry, Error, Expect, Key, Put, PutOutcome, RemoveOutcome, Store};

use super::forwarded::forwarded;

/// Counts reads and writes, and keeps what was put.
#[derive(Debug)]
pub struct CountingStore {
    inner: Arc<dyn Store>,
    reads: AtomicUsize,
    removals: AtomicUsize,
    puts: Mutex<Vec<Put>>,
}

impl CountingStore {
    /// Counts the calls of `inner`.
    #[must_use]
    pub fn new(inner: Arc<dyn Store>) -> Self {
        Self {
            inner,
            reads: AtomicUsize::new(0),
            removals: AtomicUsize::new(0),
            puts: Mutex::default(),
        }
    }

    /// How many records were asked for, by [`Store::get`] or [`Store::get_many`].
    #[must_use]
    pub fn reads(&self) -> usize {
        self.reads.load(Ordering::SeqCst)
    }

    /// How many puts and removals there were, those included that failed or conflicted.
    #[must_use]
    pub fn writes(&self) -> usize {
        self.puts().len() + self.removals.load(Ordering::SeqCst)
    }

    /// Every put so far, in order.
    #[must_use]
    pub fn puts(&self) -> Vec<Put> {
        let puts = self.puts.lock().unwrap_or_else(PoisonError::into_inner);
        puts.clone()
    }
}

impl Store for CountingStore {
    forwarded!(
        capabilities,
        health,
        maintain,
        observe_time,
        listing,
        counter
    );

    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        self.inner.get(key)
    }

    fn put<'a>(&'a self, put: &'a Put) -> BoxFuture<'a, Result<PutOutcome, Error>> {
        let mut puts = self.puts.lock().unwrap_or_else(PoisonError::into_inner);
        puts.push(put.clone());
        drop(puts);
        self.inner.put(put)
    }

    fn remove<'a>(
        &'a self,
        key: &'a Key,
        expect: Expect,
    ) -> BoxFuture<'a, Result<RemoveOutcome, Error>> {
        self.removals.fetch_add(1, Ordering::SeqCst);
        self.inner.remove(key, expect)
    }

    fn get_many<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Result<Vec<Option<Entry>>, Error>> {
        self.reads.fetch_add(keys.len(), Ordering::SeqCst);
        self.inner.get_many(keys)
    }
}
