//! A clock for tests.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use grantor_core::{Clock, Timestamp};

/// A clock that moves only when a test moves it. Clones show the same time.
#[derive(Debug, Clone)]
pub(crate) struct FakeClock(Arc<Times>);

#[derive(Debug)]
struct Times {
    wall: AtomicI64,
    elapsed: AtomicU64,
}

impl FakeClock {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Times {
            wall: AtomicI64::new(1_790_000_000_000),
            elapsed: AtomicU64::new(1_000_000),
        }))
    }

    /// Time goes by.
    pub(crate) fn advance(&self, secs: u64) {
        self.advance_millis(secs * 1000);
    }

    pub(crate) fn advance_millis(&self, millis: u64) {
        self.0.elapsed.fetch_add(millis, Ordering::SeqCst);
        self.set_wall(i64::try_from(millis).unwrap());
    }

    /// Somebody sets the wall clock forward, or back; no time goes by.
    pub(crate) fn set_wall(&self, by_millis: i64) {
        self.0.wall.fetch_add(by_millis, Ordering::SeqCst);
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.wall.load(Ordering::SeqCst))
    }

    fn elapsed(&self) -> Duration {
        Duration::from_millis(self.0.elapsed.load(Ordering::SeqCst))
    }
}
