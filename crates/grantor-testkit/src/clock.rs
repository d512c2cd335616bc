use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use grantor_core::{Clock, Timestamp};
use tokio::sync::watch;

/// A clock that stands still until it is moved. Clones show the same time.
///
/// ```
/// use grantor_core::{Clock, Timestamp};
/// use grantor_testkit::FakeClock;
/// use std::time::Duration;
///
/// let clock = FakeClock::new();
/// let before = clock.now();
/// clock.advance(Duration::from_secs(5));
/// assert_eq!(clock.now().since(before), Duration::from_secs(5));
/// clock.jump_to(Timestamp::from_secs(0));
/// assert_eq!(clock.elapsed(), Duration::from_secs(1005));
/// ```
#[derive(Debug, Clone)]
pub struct FakeClock(Arc<Times>);

#[derive(Debug)]
struct Times {
    wall_millis: AtomicI64,
    elapsed_nanos: AtomicU64,
    seeds: AtomicU64,
    moved: watch::Sender<()>,
}

impl FakeClock {
    /// A clock at some time of 2026, 1000 s after its start.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(Times {
            wall_millis: AtomicI64::new(1_790_000_000_000),
            elapsed_nanos: AtomicU64::new(1_000_000_000_000),
            seeds: AtomicU64::new(0),
            moved: watch::Sender::default(),
        }))
    }

    pub(crate) fn next_seed(&self) -> u64 {
        self.0.seeds.fetch_add(1, Ordering::SeqCst)
    }

    /// Time goes by.
    pub fn advance(&self, duration: Duration) {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        self.0.wall_millis.fetch_add(millis, Ordering::SeqCst);
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        self.0.elapsed_nanos.fetch_add(nanos, Ordering::SeqCst);
        self.0.moved.send_replace(());
    }

    /// Comes back once so much time went by, which only [`advance`](Self::advance) brings about. It
    /// counts from the call, not from the first poll.
    pub fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send + use<> {
        let clock = self.clone();
        let end = clock.elapsed().saturating_add(duration);
        async move {
            let mut moved = clock.0.moved.subscribe();
            let _ = moved.wait_for(|()| clock.elapsed() >= end).await;
        }
    }

    /// Somebody sets the wall clock; no time goes by.
    pub fn jump_to(&self, now: Timestamp) {
        self.0.wall_millis.store(now.as_millis(), Ordering::SeqCst);
    }
}

impl Default for FakeClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.wall_millis.load(Ordering::SeqCst))
    }

    fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.0.elapsed_nanos.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn sleepers_wake_when_enough_time_went_by() {
        let clock = FakeClock::new();
        let sleeping = tokio::spawn(clock.sleep(Duration::from_secs(5)));
        clock.advance(Duration::from_secs(4));
        tokio::task::yield_now().await;
        assert!(!sleeping.is_finished());
        clock.advance(Duration::from_secs(1));
        sleeping.await.unwrap();
        clock.sleep(Duration::ZERO).await;
    }
}
