//! Two openings of one store that take turns.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use grantor_core::{BoxFuture, Timestamp};

use crate::capabilities::Capabilities;
use crate::error::Error;
use crate::key::Key;
use crate::maintenance::Maintenance;
use crate::store::{
    Counter, Entry, Expect, Listing, Moment, Put, PutOutcome, RemoveOutcome, Store,
};

/// Two stores on the same data, as in two processes: every operation goes to the other one. A store
/// that keeps the contract alone and fails here keeps something in memory that it may not.
#[derive(Debug)]
pub struct Alternating<S> {
    stores: [Arc<S>; 2],
    turn: AtomicUsize,
}

impl<S> Alternating<S> {
    /// Of two stores that share nothing but the data.
    #[must_use]
    pub fn new(stores: [S; 2]) -> Self {
        Self {
            stores: stores.map(Arc::new),
            turn: AtomicUsize::new(0),
        }
    }

    fn next(&self) -> &S {
        let [one, other] = &self.stores;
        match self.turn.fetch_xor(1, Ordering::Relaxed) {
            0 => one,
            _ => other,
        }
    }
}

impl<S: Store> Store for Alternating<S> {
    fn capabilities(&self) -> Capabilities {
        self.next().capabilities()
    }

    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        self.next().get(key)
    }

    fn put<'a>(&'a self, put: &'a Put) -> BoxFuture<'a, Result<PutOutcome, Error>> {
        self.next().put(put)
    }

    fn remove<'a>(
        &'a self,
        key: &'a Key,
        expect: Expect,
    ) -> BoxFuture<'a, Result<RemoveOutcome, Error>> {
        self.next().remove(key, expect)
    }

    fn get_many<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Result<Vec<Option<Entry>>, Error>> {
        self.next().get_many(keys)
    }

    fn health(&self) -> BoxFuture<'_, Result<(), Error>> {
        self.next().health()
    }

    fn observe_time(&self, moment: Moment) {
        self.next().observe_time(moment);
    }

    fn maintain(&self, moment: Moment) -> BoxFuture<'_, Result<Maintenance, Error>> {
        self.next().maintain(moment)
    }

    fn listing(&self) -> Option<&dyn Listing> {
        self.next().listing()
    }

    fn counter(self: Arc<Self>) -> Option<Arc<dyn Counter>> {
        let [one, other] = self.stores.clone();
        Some(Arc::new(AlternatingCounter {
            counters: [one.counter()?, other.counter()?],
            turn: AtomicUsize::new(0),
        }))
    }
}

#[derive(Debug)]
struct AlternatingCounter {
    counters: [Arc<dyn Counter>; 2],
    turn: AtomicUsize,
}

impl Counter for AlternatingCounter {
    fn add<'a>(
        &'a self,
        key: &'a Key,
        n: u64,
        window: Duration,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<u64, Error>> {
        let turn = self.turn.fetch_xor(1, Ordering::Relaxed);
        self.counters[turn].add(key, n, window, now)
    }
}
