use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use grantor_core::exchange::{Discovery, DiscoveryError};
use grantor_core::{Environment, Issuer, ServerMetadata};
use url::Url;

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
        self.fetch(issuer, None).await
    }

    /// The metadata of an issuer that has it at a location of its own. The issuer is compared all the
    /// same. One issuer is asked for at one location only: what is known of it is not fetched again.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub async fn get_at(&self, issuer: &Issuer, location: &Url) -> Answer {
        self.fetch(issuer, Some(location)).await
    }

    async fn fetch(&self, issuer: &Issuer, location: Option<&Url>) -> Answer {
        let entry = self.entry(issuer);
        let mut known = entry.lock().await;
        if let Some(known) = &*known
            && self.environment.clock.elapsed() < known.until
        {
            return known.answer.clone();
        }
        let discovery = match location {
            Some(location) => Discovery::at(issuer.clone(), location.clone()),
            None => Discovery::new(issuer.clone()),
        };
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

    use bytes::Bytes;
    use grantor_core::{BoxFuture, Clock, Timestamp};
    use http::{Request, Response};

    use super::*;
    use crate::{SystemRandom, TransportError};

    #[derive(Debug, Default)]
    struct World {
        seconds: AtomicU64,
        fails: AtomicUsize,
        requests: AtomicUsize,
    }

    #[derive(Debug, Clone)]
    struct Shared(Arc<World>);

    impl Clock for Shared {
        fn now(&self) -> Timestamp {
            Timestamp::default()
        }

        fn elapsed(&self) -> Duration {
            Duration::from_secs(self.0.seconds.load(Ordering::SeqCst))
        }
    }

    impl Transport for Shared {
        fn send(
            &self,
            _: Request<Bytes>,
        ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
            Box::pin(async {
                self.0.requests.fetch_add(1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                if self.0.fails.load(Ordering::SeqCst) > 0 {
                    self.0.fails.fetch_sub(1, Ordering::SeqCst);
                    return Err(TransportError::unsent("on purpose"));
                }
                let json = r#"{"issuer":"https://a.example"}"#;
                Ok(Response::new(Bytes::from_static(json.as_bytes())))
            })
        }
    }

    fn cache() -> (Shared, MetadataCache, Issuer) {
        let world = Shared(Arc::default());
        let environment = Environment {
            clock: Arc::new(world.clone()),
            random: Arc::new(SystemRandom),
        };
        let cache = MetadataCache::new(Arc::new(world.clone()), environment);
        (world, cache, Issuer::parse("https://a.example").unwrap())
    }

    impl Shared {
        fn at(&self, seconds: u64) {
            self.0.seconds.store(seconds, Ordering::SeqCst);
        }

        fn fail(&self, times: usize) {
            self.0.fails.store(times, Ordering::SeqCst);
        }

        fn requests(&self) -> usize {
            self.0.requests.load(Ordering::SeqCst)
        }
    }

    #[tokio::test]
    async fn all_who_ask_at_once_share_one_request_for_an_hour() {
        let (world, cache, issuer) = cache();
        let (a, b, c) = tokio::join!(cache.get(&issuer), cache.get(&issuer), cache.get(&issuer));
        assert!(a.is_ok() && b.is_ok() && c.is_ok());
        world.at(3599);
        assert!(cache.get(&issuer).await.is_ok());
        assert_eq!(world.requests(), 1);
        world.at(3600);
        assert!(cache.get(&issuer).await.is_ok());
        assert_eq!(world.requests(), 2);
        cache.forget(&issuer);
        assert!(cache.get(&issuer).await.is_ok());
        assert_eq!(world.requests(), 3);
    }

    #[tokio::test]
    async fn a_failure_is_told_again_for_three_seconds() {
        let (world, cache, issuer) = cache();
        world.fail(1);
        assert!(cache.get(&issuer).await.is_err());
        world.at(2);
        assert!(cache.get(&issuer).await.is_err());
        assert_eq!(world.requests(), 1);
        world.at(3);
        assert!(cache.get(&issuer).await.is_ok());
    }

    #[tokio::test]
    async fn what_was_known_outlives_a_failure() {
        let (world, cache, issuer) = cache();
        assert!(cache.get(&issuer).await.is_ok());
        world.at(3600);
        world.fail(1);
        assert!(cache.get(&issuer).await.is_ok());
        world.at(3603);
        assert!(cache.get(&issuer).await.is_ok());
        assert_eq!(world.requests(), 3);
    }

    #[tokio::test]
    async fn who_is_dropped_while_fetching_leaves_it_to_the_next() {
        let (world, cache, issuer) = cache();
        {
            let mut first = Box::pin(cache.get(&issuer));
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            assert!(first.as_mut().poll(&mut context).is_pending());
        }
        assert!(cache.get(&issuer).await.is_ok());
        assert_eq!(world.requests(), 2);
    }
}
