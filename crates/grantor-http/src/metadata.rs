use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use grantor_core::exchange::{Discovery, DiscoveryError};
use grantor_core::{Environment, Issuer, ServerMetadata};

use crate::{Transport, drive};

/// How long metadata is used before it is fetched again.
const FRESH: Duration = Duration::from_secs(3600);
/// How long a failure is told again without asking.
const FAILED: Duration = Duration::from_secs(3);
/// How many issuers are remembered.
const ISSUERS: usize = 1000;

type Answer = Result<Arc<ServerMetadata>, DiscoveryError>;

/// What authorization servers publish about themselves, fetched once an hour and once at a time.
///
/// Callers who ask while it is being fetched wait for the same answer. When it can't be fetched
/// again, what was known stays in use.
pub struct MetadataCache {
    transport: Arc<dyn Transport>,
    environment: Environment,
    issuers: Mutex<HashMap<Issuer, Arc<Entry>>>,
}

/// Held locked while it is fetched: who waits for the lock finds the answer behind it, and a fetcher
/// that is dropped leaves the next one to fetch.
type Entry = tokio::sync::Mutex<Option<Known>>;

struct Known {
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
    /// It can't be fetched or can't be used, and was not known before. A failure is told again for
    /// three seconds without asking the server.
    pub async fn get(&self, issuer: &Issuer) -> Answer {
        let entry = self.entry(issuer);
        let mut known = entry.lock().await;
        if let Some(known) = &*known
            && self.environment.clock.elapsed() < known.until
        {
            return known.answer.clone();
        }
        let discovery = Discovery::new(issuer.clone());
        let fetched = drive(discovery, &*self.transport, &self.environment).await;
        let now = self.environment.clock.elapsed();
        let (answer, until) = match (fetched, known.take()) {
            (Ok(metadata), _) => (Ok(Arc::new(metadata)), now + FRESH),
            (
                Err(error),
                Some(Known {
                    answer: Ok(old), ..
                }),
            ) if error.is_transient() => {
                tracing::warn!(%issuer, %error, "metadata can't be fetched again, the old stays");
                (Ok(old), now + FAILED)
            }
            (Err(error), _) => (Err(error), now + FAILED),
        };
        let answer = known.insert(Known { answer, until });
        answer.answer.clone()
    }

    /// Forgets an issuer, so that the next question fetches its metadata again.
    pub fn forget(&self, issuer: &Issuer) {
        self.lock().remove(issuer);
    }

    fn entry(&self, issuer: &Issuer) -> Arc<Entry> {
        let mut issuers = self.lock();
        if issuers.len() >= ISSUERS && !issuers.contains_key(issuer) {
            issuers.clear();
        }
        Arc::clone(issuers.entry(issuer.clone()).or_default())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Issuer, Arc<Entry>>> {
        self.issuers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for MetadataCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetadataCache")
            .field("issuers", &self.lock().len())
            .finish_non_exhaustive()
    }
}
