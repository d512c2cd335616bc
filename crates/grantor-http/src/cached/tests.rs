//! Documents that are kept, fetched anew and waited for, on a clock of the test.

use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::FutureExt;
use grantor_core::Timestamp;
use tokio::sync::Semaphore;

use super::*;

#[derive(Debug, Default)]
struct Seconds(AtomicU64);

impl Clock for Seconds {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(0) + self.elapsed()
    }

    fn elapsed(&self) -> Duration {
        Duration::from_secs(self.0.load(Ordering::SeqCst))
    }
}

/// A document that counts how often it was fetched, and a source whose answers the test sets.
struct Source {
    clock: Arc<Seconds>,
    mood: Arc<AtomicU64>,
    fetched: Arc<AtomicU64>,
    /// One permit lets one attempt end.
    gate: Arc<Semaphore>,
    /// How long answers say that they are fresh; zero for nothing said.
    fresh_for: Arc<AtomicU64>,
    cached: Cached<u64>,
}

const WELL: u64 = 0;
const FAILING: u64 = 1;
const PANICKING: u64 = 2;

impl Source {
    fn new() -> Self {
        let clock = Arc::new(Seconds::default());
        let (mood, fetched) = (Arc::new(AtomicU64::new(WELL)), Arc::new(AtomicU64::new(0)));
        let gate = Arc::new(Semaphore::new(1000));
        let (its_mood, count, its_gate) = (mood.clone(), fetched.clone(), gate.clone());
        let fresh_for = Arc::new(AtomicU64::new(0));
        let its_fresh_for = fresh_for.clone();
        let refresh_times = RefreshTimes {
            lifetime: Duration::from_secs(100),
            cooldown: Duration::from_secs(10),
            keep: Duration::from_secs(1000),
        };
        let cached = Cached::new("number", clock.clone(), refresh_times, move |before| {
            let number = count.fetch_add(1, Ordering::SeqCst) + 1;
            let (mood, gate) = (its_mood.clone(), its_gate.clone());
            let fresh_for = its_fresh_for.load(Ordering::SeqCst);
            Box::pin(async move {
                gate.acquire().await.unwrap().forget();
                match mood.load(Ordering::SeqCst) {
                    WELL => Ok(Fetched {
                        value: number + before.map_or(0, |before| *before * 10),
                        fresh_for: (fresh_for > 0).then(|| Duration::from_secs(fresh_for)),
                    }),
                    PANICKING => panic!("the source panics"),
                    _ => Err(Unavailable::new("the source fails")),
                }
            })
        });
        Self {
            clock,
            mood,
            fetched,
            gate,
            fresh_for,
            cached,
        }
    }

    fn at(&self, seconds: u64) {
        self.clock.0.store(seconds, Ordering::SeqCst);
    }

    fn is(&self, mood: u64) {
        self.mood.store(mood, Ordering::SeqCst);
    }

    fn fetched(&self) -> u64 {
        self.fetched.load(Ordering::SeqCst)
    }

    async fn get(&self) -> Result<u64, String> {
        let got = self.cached.get().await;
        got.map(|value| *value).map_err(|error| error.to_string())
    }
}

async fn settle() {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_renewal_is_given_what_was_there_before() {
    let source = Source::new();
    assert_eq!(source.get().await, Ok(1));
    source.at(200);
    assert_eq!(source.get().await, Ok(12));
    assert_eq!(source.fetched(), 2);
}

#[tokio::test]
async fn a_slow_renewal_is_one_and_holds_nobody_up_until_twice_the_lifetime() {
    let source = Source::new();
    assert_eq!(source.get().await, Ok(1));
    source.gate.forget_permits(1000);
    source.at(100);
    assert_eq!(source.get().await, Ok(1));
    source.at(199);
    assert_eq!(source.get().await, Ok(1));
    assert_eq!(source.cached.peek().as_deref(), Some(&1));
    source.at(200);
    assert_eq!(source.cached.peek(), None);
    settle().await;
    source.gate.add_permits(1);
    assert_eq!(source.get().await, Ok(12));
    assert_eq!(source.fetched(), 2);
}

/// The lifetime is 100 seconds, the cooldown 10, and nothing is kept for longer than 1000.
#[tokio::test]
async fn an_answer_says_how_long_it_is_fresh_within_limits() {
    for (said, renewed_at) in [(0, 100), (20, 20), (300, 300), (1, 10), (1_000_000, 1000)] {
        let source = Source::new();
        source.fresh_for.store(said, Ordering::SeqCst);
        assert_eq!(source.get().await, Ok(1));
        source.at(renewed_at - 1);
        assert_eq!(source.get().await, Ok(1));
        settle().await;
        assert_eq!(source.fetched(), 1, "{said}");
        source.at(renewed_at);
        let _ = source.get().await;
        settle().await;
        assert_eq!(source.fetched(), 2, "{said}");
    }
}

#[tokio::test]
async fn attempts_that_fail_keep_their_distance() {
    let source = Source::new();
    source.is(FAILING);
    for _ in 0..3 {
        assert_eq!(source.get().await, Err("the source fails".to_owned()));
    }
    assert_eq!(source.fetched(), 1);
    source.is(WELL);
    source.at(1);
    assert_eq!(source.get().await, Ok(2));
    source.is(FAILING);
    source.at(500);
    for _ in 0..3 {
        assert_eq!(source.get().await, Ok(2));
    }
    assert_eq!(source.fetched(), 3);
    source.at(509);
    assert_eq!(source.get().await, Ok(2));
    settle().await;
    assert_eq!(source.fetched(), 3);
    source.at(510);
    assert_eq!(source.get().await, Ok(2));
    settle().await;
    assert_eq!(source.fetched(), 4);
    source.at(1001);
    assert_eq!(source.get().await, Err("the source fails".to_owned()));
}

#[tokio::test]
async fn newer_ones_are_looked_for_once_per_cooldown() {
    let source = Source::new();
    let first = source.cached.get().await.unwrap();
    let same = source.cached.newer_than(&first).await.unwrap();
    assert!(Arc::ptr_eq(&same, &first));
    source.at(10);
    let second = source.cached.newer_than(&first).await.unwrap();
    assert_eq!(*second, 12);
    // A caller that has seen the first gets the second without an attempt.
    assert_eq!(*source.cached.newer_than(&first).await.unwrap(), 12);
    assert_eq!(source.fetched(), 2);
    source.is(FAILING);
    source.at(20);
    assert!(source.cached.newer_than(&second).await.is_err());
    assert!(source.cached.newer_than(&second).await.is_err());
    assert_eq!(source.fetched(), 3);
}

#[tokio::test]
async fn an_attempt_that_panics_is_one_that_failed() {
    let source = Source::new();
    source.is(PANICKING);
    let cached = source.cached.clone();
    let _ = tokio::spawn(async move { cached.get().await }).await;
    settle().await;
    let broken_off = Err("the last attempt was broken off".to_owned());
    assert_eq!(source.get().await, broken_off);
    source.is(WELL);
    source.at(1);
    assert_eq!(source.get().await, Ok(2));
}

#[test]
fn works_where_no_runtime_is() {
    let source = Source::new();
    assert_eq!(source.get().now_or_never(), Some(Ok(1)));
    source.at(150);
    assert_eq!(source.get().now_or_never(), Some(Ok(1)));
    source.at(250);
    assert_eq!(source.get().now_or_never(), Some(Ok(12)));
}
