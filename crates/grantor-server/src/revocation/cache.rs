use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use grantor_core::Environment;
use grantor_store::Key;

/// How long an epoch is used without reading the store again.
const CACHE_TTL: Duration = Duration::from_secs(1);
const CACHE_CAPACITY: usize = 10_000;

/// Epochs that were read lately.
#[derive(Debug)]
pub(super) struct EpochCache {
    environment: Environment,
    epochs: Mutex<HashMap<Key, (String, Duration)>>,
}

impl EpochCache {
    pub(super) fn new(environment: Environment) -> Self {
        Self {
            environment,
            epochs: Mutex::default(),
        }
    }

    /// The time to hand to [`insert`](Self::insert), taken before the store is read, so that a slow
    /// answer is not used for longer.
    pub(super) fn before_reading(&self) -> Duration {
        self.environment.clock.elapsed()
    }

    pub(super) fn get(&self, key: &Key) -> Option<String> {
        let now = self.environment.clock.elapsed();
        let epochs = self.lock();
        let (epoch, read_at) = epochs.get(key)?;
        (now.saturating_sub(*read_at) < CACHE_TTL).then(|| epoch.clone())
    }

    pub(super) fn insert(&self, key: Key, epoch: &str, read_at: Duration) {
        let mut epochs = self.lock();
        if epochs.len() >= CACHE_CAPACITY {
            epochs.clear();
        }
        epochs.insert(key, (epoch.to_owned(), read_at));
    }

    pub(super) fn remove(&self, key: &Key) {
        self.lock().remove(key);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, (String, Duration)>> {
        self.epochs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
