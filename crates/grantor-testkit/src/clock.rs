//! A clock that a test moves.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use grantor_core::{BoxFuture, Clock, Timestamp};
use tokio::sync::watch;

/// A clock that moves only when a test moves it. Clones show the same time.
///
/// Code that pauses, as a client does after `Retry-After`, waits by this clock too: see
/// [`set_waits`](Self::set_waits).
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
    waits: AtomicU8,
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
            waits: AtomicU8::new(Waits::UntilMoved as u8),
            moved: watch::Sender::default(),
        }))
    }

    pub(crate) fn next_seed(&self) -> u64 {
        self.0.seeds.fetch_add(1, Ordering::SeqCst)
    }

    /// From now on the pauses of code that runs by this clock end so.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// use std::time::Duration;
    ///
    /// use grantor_core::exchange::{FetchToken, Retry};
    /// use grantor_core::{ClientAuthentication, GrantParameters, TokenRequest};
    /// use grantor_testkit::{Endpoint, FakeClock, FakeServer, Fault, Waits, environment};
    ///
    /// let clock = FakeClock::new();
    /// clock.set_waits(Waits::MoveTheClock);
    /// let server = FakeServer::new("https://idp.example");
    /// server.set_clock(&clock);
    /// server.fail_next(Fault::Unavailable(5));
    ///
    /// let grant = GrantParameters::ClientCredentials;
    /// let client = ClientAuthentication::None { client_id: "app".into() };
    /// let request = TokenRequest::new(grant.clone());
    /// let request = request.to_request(&server.token_endpoint(), &client);
    /// let exchange = FetchToken::for_grant(&grant, request, Retry::default(), 1.0);
    /// let token = grantor_http::drive(exchange, &server, &environment(&clock)).await;
    /// assert!(token.is_ok());
    ///
    /// let sent = server.requests(Endpoint::Token);
    /// let (first, second) = (sent[0].at().unwrap(), sent[1].at().unwrap());
    /// assert_eq!(second.since(first), Duration::from_secs(5));
    /// # });
    /// ```
    pub fn set_waits(&self, waits: Waits) {
        self.0.waits.store(waits as u8, Ordering::SeqCst);
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

    fn wait(&self, duration: Duration) -> Option<BoxFuture<'static, ()>> {
        let waits = self.0.waits.load(Ordering::SeqCst);
        if waits == Waits::MoveTheClock as u8 {
            let clock = self.clone();
            return Some(Box::pin(async move { clock.advance(duration) }));
        }
        (waits == Waits::UntilMoved as u8)
            .then(|| Box::pin(self.sleep(duration)) as BoxFuture<'_, ()>)
    }
}

/// The event that ends the pauses of code that runs by a [`FakeClock`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Waits {
    /// A pause ends once the test has moved the clock to its end. This is the default: nothing
    /// happens behind the test's back.
    UntilMoved,
    /// A pause moves the clock to its end and takes no time: for a test that awaits what pauses.
    MoveTheClock,
    /// A pause takes real time, by the timer of the code that pauses: for a runtime of tokio's
    /// whose time is paused.
    OnTheTimer,
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

    #[tokio::test]
    async fn a_wait_ends_as_the_clock_was_told() {
        let clock = FakeClock::new();
        let pause = Duration::from_secs(5);
        let waiting = tokio::spawn(clock.wait(pause).unwrap());
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        clock.advance(pause);
        waiting.await.unwrap();

        clock.set_waits(Waits::MoveTheClock);
        let began = clock.elapsed();
        clock.wait(pause).unwrap().await;
        assert_eq!(clock.elapsed() - began, pause);

        clock.clone().set_waits(Waits::OnTheTimer);
        assert!(clock.wait(pause).is_none());
    }
}
