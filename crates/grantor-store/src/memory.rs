//! The store in the memory of this process.

mod counts;
mod hash;
mod packed;
mod shard;

use std::collections::BTreeMap;
use std::fmt;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use grantor_core::{BoxFuture, Timestamp};

use self::counts::Counts;
use self::hash::RandomState;
use self::shard::Shard;
use crate::capabilities::Capabilities;
use crate::error::Error;
use crate::key::Key;
use crate::maintenance::Maintenance;
use crate::store::{
    Counter, DEFAULT_MAX_CLOCK_SKEW, Entry, Expect, Listing, Moment, Put, PutOutcome,
    RemoveOutcome, Store,
};
use crate::sweep_clock::SweepClock;

const SHARDS: usize = 64;
/// How many of them one call of upkeep looks at.
const SHARDS_A_CALL: usize = 8;

/// Records in this process, gone when it ends: for one server without a disk, and for tests.
///
/// Its size follows the number of live records. A table that fills up is first rid of what is dead
/// for longer than the clock skew allowed, and grows only if that frees less than a quarter; so no
/// work runs beside the puts, and each put pays a few nanoseconds for it. The time comes from
/// [`Store::observe_time`] (as [`Records`](crate::Records) tells it): see [`SweepClock`]. Without
/// these calls the store deletes nothing.
///
/// Listing looks at every record for each page: fine for an operator, not for a request.
pub struct MemoryStore {
    shards: Box<[Guarded]>,
    hasher: RandomState,
    clock: SweepClock,
    /// The part of the records that the next upkeep begins with.
    next_upkeep: AtomicUsize,
    max_clock_skew: Duration,
}

/// Each lock on cache lines of its own, so that neighbours don't slow each other.
#[derive(Default)]
#[repr(align(128))]
struct Guarded {
    records: Mutex<Shard>,
    counts: Mutex<Counts>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Guarded::default()).collect(),
            hasher: RandomState::default(),
            clock: SweepClock::new(None),
            next_upkeep: AtomicUsize::new(0),
            max_clock_skew: DEFAULT_MAX_CLOCK_SKEW,
        }
    }

    /// Keeps dead records for `skew` instead of [`DEFAULT_MAX_CLOCK_SKEW`].
    #[must_use]
    pub fn with_max_clock_skew(mut self, skew: Duration) -> Self {
        self.max_clock_skew = skew;
        self
    }

    /// Deletes every record that has been dead for longer than the clock skew allowed, and gives
    /// memory back. How many it deleted.
    pub fn sweep(&self, now: Timestamp) -> usize {
        let dead_since = now - self.max_clock_skew;
        let shards = self.shards.iter();
        shards
            .map(|shard| lock(&shard.records).sweep(dead_since))
            .sum()
    }

    /// How many records there are, dead ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        let shards = self.shards.iter();
        shards.map(|shard| lock(&shard.records).len()).sum()
    }

    /// Returns whether there are no records.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the hash of a key, and the part that its record is in.
    fn find(&self, key: &Key) -> (u64, &Guarded) {
        let hash = self.hasher.hash_one(key.as_bytes());
        // Bits of the middle, since the tables use the lowest and the seven highest ones.
        let part = usize::try_from(hash >> 40 & 0xff).unwrap_or(0);
        (hash, &self.shards[part % SHARDS])
    }

    fn read(&self, key: &Key) -> Option<Entry> {
        let (hash, shard) = self.find(key);
        lock(&shard.records).get(hash, key)
    }

    /// Returns the time before which records that expired may be deleted; none, while no time is
    /// believed.
    fn dead_since(&self) -> Option<Timestamp> {
        let now = self.clock.trusted()?;
        Some(now - self.max_clock_skew)
    }
}

impl Store for MemoryStore {
    fn capabilities(&self) -> Capabilities {
        Capabilities::new("the memory store")
    }

    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        Box::pin(async move { Ok(self.read(key)) })
    }

    fn put<'a>(&'a self, put: &'a Put) -> BoxFuture<'a, Result<PutOutcome, Error>> {
        Box::pin(async move {
            put.check_size()?;
            let (hash, shard) = self.find(&put.key);
            Ok(lock(&shard.records).put(hash, put, self.dead_since()))
        })
    }

    fn remove<'a>(
        &'a self,
        key: &'a Key,
        expect: Expect,
    ) -> BoxFuture<'a, Result<RemoveOutcome, Error>> {
        Box::pin(async move {
            let (hash, shard) = self.find(key);
            Ok(lock(&shard.records).remove(hash, key, expect))
        })
    }

    fn get_many<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Result<Vec<Option<Entry>>, Error>> {
        Box::pin(async move { Ok(keys.iter().map(|key| self.read(key)).collect()) })
    }

    fn observe_time(&self, moment: Moment) {
        self.clock.observe(moment);
    }

    fn maintain(&self, moment: Moment) -> BoxFuture<'_, Result<Maintenance, Error>> {
        self.clock.observe(moment);
        Box::pin(async move {
            let mut maintenance = Maintenance::default();
            if let Some(dead_since) = self.dead_since() {
                let first = self.next_upkeep.fetch_add(SHARDS_A_CALL, Ordering::Relaxed);
                for at in first..first.wrapping_add(SHARDS_A_CALL) {
                    let shard = &self.shards[at % SHARDS];
                    maintenance.deleted += lock(&shard.records).sweep(dead_since);
                }
            }
            maintenance.notices = self.clock.take_notices();
            Ok(maintenance)
        })
    }

    fn listing(&self) -> Option<&dyn Listing> {
        Some(self)
    }

    fn counter(self: Arc<Self>) -> Option<Arc<dyn Counter>> {
        Some(self)
    }
}

impl Listing for MemoryStore {
    fn list<'a>(
        &'a self,
        prefix: &'a Key,
        after: Option<&'a Key>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(Key, Entry)>, Error>> {
        Box::pin(async move {
            let mut page = BTreeMap::new();
            for shard in &self.shards {
                lock(&shard.records).collect_into(&mut page, prefix, after, limit);
            }
            Ok(page.into_iter().collect())
        })
    }

    fn count(&self) -> BoxFuture<'_, Result<Option<u64>, Error>> {
        Box::pin(async move { Ok(u64::try_from(self.len()).ok()) })
    }
}

impl Counter for MemoryStore {
    fn add<'a>(
        &'a self,
        key: &'a Key,
        n: u64,
        window: Duration,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<u64, Error>> {
        Box::pin(async move {
            let mut counts = lock(&self.find(key).1.counts);
            Ok(counts.add(key, n, window, now, self.max_clock_skew))
        })
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("records", &self.len())
            .finish_non_exhaustive()
    }
}

/// No code here panics between two changes that belong together, so a poisoned lock is as good as
/// any.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
