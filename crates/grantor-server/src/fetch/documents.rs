//! Documents that are fetched once for all who wait, and kept while they are fresh.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use grantor_core::Environment;
use grantor_http::SingleFlight;
use lru::LruCache;

use super::FetchError;

/// Documents by their URL, each fetched once however many wait for it, and kept while it is fresh.
///
/// A failure is not kept as an answer, but the URL is left alone for a while after it, so that
/// nobody uses the server to flood a host.
pub(crate) struct Documents<T> {
    environment: Environment,
    freshness: Freshness,
    tables: Arc<Mutex<Tables<T>>>,
}

/// How long documents are kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Freshness {
    /// If the answer says less.
    pub(crate) least: Duration,
    /// If the answer says more.
    pub(crate) most: Duration,
    /// If the answer says nothing.
    pub(crate) unsaid: Duration,
    /// How long a URL is left alone after a failure.
    pub(crate) cooldown: Duration,
}

/// A document, and for how long its answer says that it is fresh.
pub(crate) type Fetched<T> = Result<(T, Option<Duration>), FetchError>;

type Outcome<T> = Result<Arc<T>, FetchError>;

/// Two tables, so that URLs that fail do not crowd out documents.
struct Tables<T> {
    fresh: LruCache<String, Fresh<T>>,
    attempts: LruCache<String, Attempt<T>>,
}

struct Fresh<T> {
    value: Arc<T>,
    until: Duration,
}

enum Attempt<T> {
    UnderWay(SingleFlight<Outcome<T>>),
    Failed { error: FetchError, until: Duration },
}

/// How many documents and how many attempts are kept.
const CAPACITY: NonZeroUsize = match NonZeroUsize::new(1000) {
    Some(capacity) => capacity,
    None => NonZeroUsize::MIN,
};

impl<T: Send + Sync + 'static> Documents<T> {
    pub(crate) fn new(environment: Environment, freshness: Freshness) -> Self {
        Self {
            environment,
            freshness,
            tables: Arc::new(Mutex::new(Tables {
                fresh: LruCache::new(CAPACITY),
                attempts: LruCache::new(CAPACITY),
            })),
        }
    }

    /// Returns whether there is an answer for `url` already, or an attempt under way.
    pub(crate) fn is_held(&self, url: &str) -> bool {
        let now = self.environment.clock.elapsed();
        let tables = lock(&self.tables);
        let is_fresh = tables
            .fresh
            .peek(url)
            .is_some_and(|fresh| now < fresh.until);
        is_fresh
            || match tables.attempts.peek(url) {
                Some(Attempt::UnderWay(_)) => true,
                Some(Attempt::Failed { until, .. }) => now < *until,
                None => false,
            }
    }

    /// The document at `url`: the one that is kept, or the one that `fetch` gets.
    pub(crate) async fn get<F>(&self, url: &str, fetch: impl FnOnce() -> F) -> Outcome<T>
    where
        F: Future<Output = Fetched<T>> + Send + 'static,
    {
        let flight = match self.find(url, fetch) {
            Found::Kept(outcome) => return outcome,
            Found::Flight(flight) => flight,
        };
        flight.wait().await
    }

    fn find<F>(&self, url: &str, fetch: impl FnOnce() -> F) -> Found<T>
    where
        F: Future<Output = Fetched<T>> + Send + 'static,
    {
        let now = self.environment.clock.elapsed();
        let mut tables = lock(&self.tables);
        if let Some(fresh) = tables.fresh.get(url).filter(|fresh| now < fresh.until) {
            return Found::Kept(Ok(Arc::clone(&fresh.value)));
        }
        match tables.attempts.get(url) {
            Some(Attempt::UnderWay(flight)) => return Found::Flight(flight.clone()),
            Some(Attempt::Failed { error, until }) if now < *until => {
                return Found::Kept(Err(error.clone()));
            }
            _ => {}
        }
        let landing = Landing {
            tables: Arc::downgrade(&self.tables),
            url: url.to_owned(),
            environment: self.environment.clone(),
            freshness: self.freshness,
            landed: false,
        };
        let fetching = fetch();
        let flight = SingleFlight::start(async move { landing.land(fetching.await) });
        let under_way = Attempt::UnderWay(flight.clone());
        let evicted = tables.attempts.push(url.to_owned(), under_way);
        // An attempt that is dropped takes the lock.
        drop(tables);
        drop(evicted);
        Found::Flight(flight)
    }
}

enum Found<T> {
    Kept(Outcome<T>),
    Flight(SingleFlight<Outcome<T>>),
}

/// The end of an attempt, also of one that panics or is dropped.
struct Landing<T> {
    /// Weakly, since the tables hold the attempt.
    tables: Weak<Mutex<Tables<T>>>,
    url: String,
    environment: Environment,
    freshness: Freshness,
    landed: bool,
}

impl<T> Landing<T> {
    fn land(mut self, fetched: Fetched<T>) -> Outcome<T> {
        self.landed = true;
        let now = self.environment.clock.elapsed();
        let outcome = fetched.map(|(value, said)| (Arc::new(value), said));
        if let Some(tables) = self.tables.upgrade() {
            let mut tables = lock(&tables);
            match &outcome {
                Ok((value, said)) => {
                    let Freshness {
                        least,
                        most,
                        unsaid,
                        ..
                    } = self.freshness;
                    let fresh = Fresh {
                        value: Arc::clone(value),
                        until: now + said.unwrap_or(unsaid).clamp(least, most),
                    };
                    tables.attempts.pop(&self.url);
                    tables.fresh.put(self.url.clone(), fresh);
                }
                // Nothing was sent, for what others do: the next who asks may have more luck.
                Err(FetchError::TooMany) => {
                    tables.attempts.pop(&self.url);
                }
                Err(error) => {
                    let failed = Attempt::Failed {
                        error: error.clone(),
                        until: now + self.freshness.cooldown,
                    };
                    tables.fresh.pop(&self.url);
                    tables.attempts.put(self.url.clone(), failed);
                }
            }
        }
        outcome.map(|(value, _)| value)
    }
}

impl<T> Drop for Landing<T> {
    fn drop(&mut self) {
        if self.landed {
            return;
        }
        if let Some(tables) = self.tables.upgrade() {
            lock(&tables).attempts.pop(&self.url);
        }
    }
}

fn lock<T>(tables: &Mutex<Tables<T>>) -> MutexGuard<'_, Tables<T>> {
    tables.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T> fmt::Debug for Documents<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Documents")
            .field("freshness", &self.freshness)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
