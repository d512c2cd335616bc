//! The metadata of authorization servers, fetched and kept.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use grantor_core::exchange::{Discovery, DiscoveryError};
use grantor_core::{Environment, Issuer, ServerMetadata};
use url::Url;

use crate::{Transport, drive};

/// How long metadata is used before it is fetched again.
const CACHE_TTL: Duration = Duration::from_secs(3600);
/// The time for which a failure is reported again without a new request.
const FAILURE_TTL: Duration = Duration::from_secs(3);
/// How many issuers are remembered.
const CACHE_CAPACITY: usize = 1000;

type Answer = Result<Arc<ServerMetadata>, DiscoveryError>;

/// A cache of authorization servers' metadata, fetched once an hour and once at a time.
///
/// Callers who ask while it is being fetched wait for the same answer. When it can't be fetched
/// again, what was cached stays in use, unless the server says that it is another issuer.
pub struct MetadataCache {
    transport: Arc<dyn Transport>,
    environment: Environment,
    issuers: Mutex<HashMap<Issuer, Arc<Entry>>>,
}

/// Held locked while it is fetched: a caller that waits for the lock finds the answer behind it,
/// and a fetcher that is dropped leaves the next one to fetch.
type Entry = tokio::sync::Mutex<Option<CachedAnswer>>;

struct CachedAnswer {
    answer: Answer,
    until: Duration,
}

impl MetadataCache {
    /// A cache that fetches over `transport`.
    #[must_use]
    pub fn new(transport: Arc<dyn Transport>, environment: Environment) -> Self {
        Self {
            transport,
            environment,
            issuers: Mutex::default(),
        }
    }

    /// The metadata of an issuer.
    ///
    /// # Errors
    /// Fails if metadata can't be fetched or can't be used, and was not cached before. A failure is
    /// reported again without asking the server, for three seconds or for as long as the server
    /// wants that.
    pub async fn get(&self, issuer: &Issuer) -> Answer {
        self.fetch(issuer, None).await
    }

    /// The metadata of an issuer that has it at a location of its own. The issuer is compared all the
    /// same. One issuer is asked for at one location only: cached metadata is not fetched again.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub async fn get_at(&self, issuer: &Issuer, location: &Url) -> Answer {
        self.fetch(issuer, Some(location)).await
    }

    async fn fetch(&self, issuer: &Issuer, location: Option<&Url>) -> Answer {
        let entry = self.entry(issuer);
        let mut cached = entry.lock().await;
        if let Some(answer) = cached.as_ref().and_then(|cached| self.fresh(cached)) {
            return answer;
        }
        let discovery = match location {
            Some(location) => Discovery::at(issuer.clone(), location.clone()),
            None => Discovery::new(issuer.clone()),
        };
        let discovery = discovery.localhost_names(self.transport.localhost_names());
        let fetched = drive(discovery, &*self.transport, &self.environment).await;
        let now = self.environment.clock.elapsed();
        let (answer, until) = match (fetched, cached.take().map(|cached| cached.answer)) {
            (Ok(metadata), _) => (Ok(Arc::new(metadata)), now + CACHE_TTL),
            (Err(error), Some(Ok(old))) if !error.is_other_issuer() => {
                tracing::warn!(%issuer, %error, "metadata can't be fetched again, the old stays");
                (Ok(old), now + pause(&error))
            }
            (Err(error), _) => (Err(error.clone()), now + pause(&error)),
        };
        let answer = cached.insert(CachedAnswer { answer, until });
        answer.answer.clone()
    }

    /// Returns the answer, as long as no new request is due. A pause is answered with the time that
    /// is left of it.
    fn fresh(&self, cached: &CachedAnswer) -> Option<Answer> {
        let left = cached.until.checked_sub(self.environment.clock.elapsed());
        let left = left.filter(|left| !left.is_zero())?;
        Some(match &cached.answer {
            Err(DiscoveryError::Unavailable {
                status,
                retry_after: Some(_),
            }) => Err(DiscoveryError::Unavailable {
                status: *status,
                retry_after: Some(left),
            }),
            answer => answer.clone(),
        })
    }

    /// Forgets an issuer, so that the next question fetches its metadata again.
    pub fn forget(&self, issuer: &Issuer) {
        self.lock().remove(issuer);
    }

    fn entry(&self, issuer: &Issuer) -> Arc<Entry> {
        let mut issuers = self.lock();
        if issuers.len() >= CACHE_CAPACITY && !issuers.contains_key(issuer) {
            // Any one makes room: so many issuers are hardly in use at once.
            let other = issuers.keys().next().cloned();
            if let Some(other) = other {
                issuers.remove(&other);
            }
        }
        Arc::clone(issuers.entry(issuer.clone()).or_default())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Issuer, Arc<Entry>>> {
        self.issuers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long nobody asks again after a failure.
fn pause(error: &DiscoveryError) -> Duration {
    error.retry_after().unwrap_or_default().max(FAILURE_TTL)
}

impl fmt::Debug for MetadataCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetadataCache")
            .field("issuers", &self.lock().len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
