//! A cache of records that were read lately, so that they need not be read again for each request.

use std::fmt;
use std::hash::Hash;
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use grantor_core::Environment;
use lru::LruCache;

/// A bounded cache of values that are good for a while. When it is full, the entry that was used
/// least recently makes room.
pub struct Cached<K: Hash + Eq, V> {
    environment: Environment,
    fresh_for: Duration,
    entries: Mutex<LruCache<K, Entry<V>>>,
}

struct Entry<V> {
    value: V,
    read_at: Duration,
}

/// When a value was about to be read, by the clock of its cache.
#[derive(Debug, Clone, Copy)]
pub struct ReadAt(Duration);

impl<K: Hash + Eq, V: Clone> Cached<K, V> {
    /// An empty cache of at most `capacity` values, but at least one, each good for `fresh_for`.
    #[must_use]
    pub fn new(environment: Environment, capacity: usize, fresh_for: Duration) -> Self {
        Self {
            environment,
            fresh_for,
            entries: Mutex::new(LruCache::new(
                NonZeroUsize::new(capacity).unwrap_or(NonZeroUsize::MIN),
            )),
        }
    }

    /// The value under `key`, unless it is too old.
    pub fn get<Q>(&self, key: &Q) -> Option<V>
    where
        K: std::borrow::Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let now = self.environment.clock.elapsed();
        let mut entries = self.lock();
        let entry = entries.get(key)?;
        let is_fresh = now.saturating_sub(entry.read_at) < self.fresh_for;
        is_fresh.then(|| entry.value.clone())
    }

    /// To be called before a value is read, so that a slow answer is not good for longer.
    #[must_use]
    pub fn before_reading(&self) -> ReadAt {
        ReadAt(self.environment.clock.elapsed())
    }

    /// Keeps what was read.
    pub fn insert(&self, key: K, value: V, ReadAt(read_at): ReadAt) {
        self.lock().put(key, Entry { value, read_at });
    }

    /// Forgets a value, since it was changed.
    pub fn remove<Q>(&self, key: &Q)
    where
        K: std::borrow::Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.lock().pop(key);
    }

    fn lock(&self) -> MutexGuard<'_, LruCache<K, Entry<V>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Hash + Eq, V> fmt::Debug for Cached<K, V> {
    /// Values stay out of it: they may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cached")
            .field("fresh_for", &self.fresh_for)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::environment;

    fn of(capacity: usize) -> (std::sync::Arc<crate::testing::Fake>, Cached<String, u64>) {
        let (fake, environment) = environment();
        (
            fake,
            Cached::new(environment, capacity, Duration::from_secs(10)),
        )
    }

    #[test]
    fn a_value_is_good_from_before_it_was_read() {
        let (clock, cache) = of(4);
        let read_at = cache.before_reading();
        // The store took three seconds.
        clock.set(3);
        cache.insert("a".to_owned(), 1, read_at);
        clock.set(9);
        assert_eq!(cache.get("a"), Some(1));
        clock.set(10);
        assert_eq!(cache.get("a"), None);
    }

    #[test]
    fn a_full_cache_evicts_one_entry_the_least_recently_used() {
        let (_, cache) = of(3);
        for (key, value) in [("a", 1), ("b", 2), ("c", 3)] {
            cache.insert(key.to_owned(), value, cache.before_reading());
        }
        assert_eq!(cache.get("a"), Some(1));
        cache.insert("d".to_owned(), 4, cache.before_reading());
        let found = ["a", "b", "c", "d"].map(|key| cache.get(key));
        assert_eq!(found, [Some(1), None, Some(3), Some(4)]);
    }

    #[test]
    fn what_was_changed_is_forgotten() {
        let (_, cache) = of(3);
        cache.insert("a".to_owned(), 1, cache.before_reading());
        cache.remove("a");
        assert_eq!(cache.get("a"), None);
    }

    #[test]
    fn values_are_not_in_debug() {
        let (_, cache) = of(3);
        cache.insert("key".to_owned(), 987_654, cache.before_reading());
        let text = format!("{cache:?}");
        assert!(!text.contains("987654") && !text.contains("key"), "{text}");
    }
}
