//! Documents of a peer, fetched once and renewed now and then.

mod fetched;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak};
use std::time::Duration;

use grantor_core::{BoxFuture, Clock};

pub use self::fetched::{Fetched, RefreshTimes, Unavailable};
use crate::SingleFlight;

/// A document of a peer that is fetched when it is first needed and renewed now and then.
///
/// One request at a time, however many ask. A renewal that fails keeps the old document in use.
pub struct Cached<T> {
    inner: Arc<Inner<T>>,
}

type Fetch<T> =
    dyn Fn(Option<Arc<T>>) -> BoxFuture<'static, Result<Fetched<T>, Unavailable>> + Send + Sync;
type Outcome<T> = Result<Arc<T>, Unavailable>;

struct Inner<T> {
    what: &'static str,
    fetch: Box<Fetch<T>>,
    clock: Arc<dyn Clock>,
    refresh_times: RefreshTimes,
    cached: RwLock<Option<Arc<CachedValue<T>>>>,
    attempts: Mutex<Attempts<T>>,
}

struct CachedValue<T> {
    value: Arc<T>,
    since: Duration,
    lifetime: Duration,
}

struct Attempts<T> {
    under_way: Option<SingleFlight<Outcome<T>>>,
    last: Option<Duration>,
    /// The reason why the last one failed, until one succeeds.
    failure: Option<Unavailable>,
}

impl<T: Send + Sync + 'static> Cached<T> {
    /// A document that `fetch` fetches; it is given the one before. `what` names it in logs.
    pub fn new(
        what: &'static str,
        clock: Arc<dyn Clock>,
        refresh_times: RefreshTimes,
        fetch: impl Fn(Option<Arc<T>>) -> BoxFuture<'static, Result<Fetched<T>, Unavailable>>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                what,
                fetch: Box::new(fetch),
                clock,
                refresh_times,
                cached: RwLock::default(),
                attempts: Mutex::new(Attempts {
                    under_way: None,
                    last: None,
                    failure: None,
                }),
            }),
        }
    }

    /// The document, if nobody has to wait for it. Sets off its renewal when that is due.
    #[must_use]
    pub fn peek(&self) -> Option<Arc<T>> {
        let cached = self.inner.cached()?;
        let refresh_times = &self.inner.refresh_times;
        let now = self.inner.clock.elapsed();
        let age = now.saturating_sub(cached.since);
        if age < cached.lifetime {
            return Some(cached.value.clone());
        }
        let (_, failure) = self.inner.begin(now);
        let soon = age < (cached.lifetime * 2).min(refresh_times.keep);
        let enough = soon || (failure.is_some() && age < refresh_times.keep);
        enough.then(|| cached.value.clone())
    }

    /// The document.
    ///
    /// # Errors
    /// It can't be fetched, and none is cached that is young enough.
    pub async fn get(&self) -> Outcome<T> {
        if let Some(value) = self.peek() {
            return Ok(value);
        }
        let outcome = match self.inner.begin(self.inner.clock.elapsed()) {
            (Some(attempt), _) => attempt.wait().await,
            (None, failure) => Err(failure.unwrap_or_else(broken_off)),
        };
        outcome.or_else(|error| self.inner.usable().ok_or(error))
    }

    /// A document that is newer than `seen`, or `seen` itself if the last attempt is too recent to
    /// make another.
    ///
    /// # Errors
    /// The last attempt failed, so nobody knows whether there is a newer one.
    pub async fn newer_than(&self, seen: &Arc<T>) -> Outcome<T> {
        let cached = self.inner.cached();
        if let Some(cached) = cached.filter(|cached| !Arc::ptr_eq(&cached.value, seen)) {
            return Ok(cached.value.clone());
        }
        match self.inner.begin(self.inner.clock.elapsed()) {
            (Some(attempt), _) => attempt.wait().await,
            (None, Some(failure)) => Err(failure),
            (None, None) => Ok(seen.clone()),
        }
    }
}

impl<T: Send + Sync + 'static> Inner<T> {
    /// The attempt that is under way, or a new one if the last is long enough ago; and why the last
    /// one failed.
    fn begin(
        self: &Arc<Self>,
        now: Duration,
    ) -> (Option<SingleFlight<Outcome<T>>>, Option<Unavailable>) {
        let mut attempts = self.attempts();
        let failure = attempts.failure.clone();
        if attempts.under_way.is_some() {
            return (attempts.under_way.clone(), failure);
        }
        let cached = self.cached();
        let pause = match cached {
            Some(_) => self.refresh_times.cooldown,
            None => self.refresh_times.cooldown.min(FIRST_PAUSE),
        };
        if attempts
            .last
            .is_some_and(|last| now.saturating_sub(last) < pause)
        {
            return (None, failure);
        }
        attempts.last = Some(now);
        let fetching = (self.fetch)(cached.map(|cached| cached.value.clone()));
        let publisher = PublishOnEnd(Arc::downgrade(self));
        let attempt = SingleFlight::start(async move {
            let fetched = fetching.await;
            let fresh_for = fetched.as_ref().ok().and_then(|fetched| fetched.fresh_for);
            let outcome = fetched.map(|fetched| Arc::new(fetched.value));
            publisher.publish(&outcome, fresh_for);
            outcome
        });
        attempts.under_way = Some(attempt.clone());
        (Some(attempt), failure)
    }

    fn cached(&self) -> Option<Arc<CachedValue<T>>> {
        let cached = self.cached.read().unwrap_or_else(PoisonError::into_inner);
        cached.clone()
    }

    fn keep(&self, value: CachedValue<T>) {
        let mut cached = self.cached.write().unwrap_or_else(PoisonError::into_inner);
        *cached = Some(Arc::new(value));
    }

    fn usable(&self) -> Option<Arc<T>> {
        let cached = self.cached()?;
        let age = self.clock.elapsed().saturating_sub(cached.since);
        (age < self.refresh_times.keep).then(|| cached.value.clone())
    }

    fn attempts(&self) -> MutexGuard<'_, Attempts<T>> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The end of an attempt, also of one that panics. Holds the cache weakly, since the cache holds
/// the attempt.
struct PublishOnEnd<T: Send + Sync + 'static>(Weak<Inner<T>>);

impl<T: Send + Sync + 'static> PublishOnEnd<T> {
    fn publish(mut self, outcome: &Outcome<T>, fresh_for: Option<Duration>) {
        let Some(inner) = std::mem::take(&mut self.0).upgrade() else {
            return;
        };
        if let Err(error) = outcome {
            tracing::warn!(what = inner.what, %error, "could not be fetched");
        }
        let mut attempts = inner.attempts();
        if let Ok(value) = outcome {
            inner.keep(CachedValue {
                value: value.clone(),
                since: inner.clock.elapsed(),
                lifetime: inner.refresh_times.lifetime_of(fresh_for),
            });
        }
        attempts.failure = outcome.as_ref().err().cloned();
        attempts.under_way = None;
    }
}

impl<T: Send + Sync + 'static> Drop for PublishOnEnd<T> {
    fn drop(&mut self) {
        if let Some(inner) = self.0.upgrade() {
            let mut attempts = inner.attempts();
            attempts.failure = Some(broken_off());
            attempts.under_way = None;
        }
    }
}

fn broken_off() -> Unavailable {
    Unavailable::new("the last attempt was broken off")
}

impl<T> Clone for Cached<T> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
        }
    }
}

impl<T> fmt::Debug for Cached<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cached")
            .field("what", &self.inner.what)
            .field("refresh_times", &self.inner.refresh_times)
            .finish_non_exhaustive()
    }
}

/// The least time between attempts while there is no document at all.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests;
