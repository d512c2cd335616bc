//! The cache of introspections, with one request at a time for each token.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use grantor_core::Clock;
use grantor_http::SingleFlight;
use grantor_jose::digest::sha256;
use lru::LruCache;

use crate::{AccessToken, IntrospectError, VerifyError};

/// Caches good tokens for some seconds, never past their expiry, and introspects a token once at a
/// time.
///
/// Its keys are SHA-256 hashes of the tokens, so that its memory holds no token.
pub(super) struct IntrospectionCache {
    shards: [Mutex<Shard>; SHARDS],
    lifetime: Duration,
    clock: Arc<dyn Clock>,
}

type Key = [u8; 32];
type Outcome = Result<AccessToken, VerifyError>;

struct Shard {
    /// When it is full, the token that was used least recently makes room.
    cached: LruCache<Key, CachedToken>,
    in_flight: HashMap<Key, SingleFlight<Outcome>>,
}

struct CachedToken {
    token: AccessToken,
    until: Duration,
}

impl IntrospectionCache {
    pub(super) fn new(lifetime: Duration, clock: Arc<dyn Clock>) -> Self {
        Self {
            shards: std::array::from_fn(|_| {
                Mutex::new(Shard {
                    cached: LruCache::new(CAPACITY),
                    in_flight: HashMap::new(),
                })
            }),
            lifetime,
            clock,
        }
    }

    pub(super) fn get(&self, token: &str) -> Option<AccessToken> {
        let key = sha256(token.as_bytes());
        self.fresh(&mut self.shard(&key), &key)
    }

    /// The cached token, or else the outcome of `introspect` or of the same call that is in flight.
    pub(super) async fn get_or_introspect(
        self: &Arc<Self>,
        token: &str,
        introspect: impl Future<Output = Outcome> + Send + 'static,
    ) -> Outcome {
        let key = sha256(token.as_bytes());
        let call = {
            let mut shard = self.shard(&key);
            if let Some(token) = self.fresh(&mut shard, &key) {
                return Ok(token);
            }
            match shard.in_flight.get(&key) {
                Some(call) => call.clone(),
                None if shard.in_flight.len() >= MAX_IN_FLIGHT => {
                    let busy = "too many tokens are being introspected at once";
                    return Err(VerifyError::undecided(IntrospectError::new(busy)));
                }
                None => {
                    let completion = CompleteOnDrop {
                        cache: Arc::downgrade(self),
                        key,
                    };
                    let call = SingleFlight::start(async move {
                        let outcome = introspect.await;
                        completion.publish(&outcome);
                        outcome
                    });
                    shard.in_flight.insert(key, call.clone());
                    call
                }
            }
        };
        call.wait().await
    }

    fn fresh(&self, shard: &mut Shard, key: &Key) -> Option<AccessToken> {
        let answer = shard.cached.get(key)?;
        let in_time = self.clock.elapsed() < answer.until;
        let ended = answer
            .token
            .expires_at
            .is_some_and(|at| self.clock.now() >= at);
        (in_time && !ended).then(|| answer.token.clone())
    }

    fn shard(&self, key: &Key) -> MutexGuard<'_, Shard> {
        let shard = &self.shards[usize::from(key[0]) % SHARDS];
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Removes a call from those in flight when it ends, also by a panic.
struct CompleteOnDrop {
    cache: Weak<IntrospectionCache>,
    key: Key,
}

impl CompleteOnDrop {
    fn publish(&self, outcome: &Outcome) {
        if let (Ok(token), Some(cache)) = (outcome, self.cache.upgrade()) {
            let answer = CachedToken {
                token: token.clone(),
                until: cache.clock.elapsed() + cache.lifetime,
            };
            cache.shard(&self.key).cached.put(self.key, answer);
        }
    }
}

impl Drop for CompleteOnDrop {
    fn drop(&mut self) {
        if let Some(cache) = self.cache.upgrade() {
            cache.shard(&self.key).in_flight.remove(&self.key);
        }
    }
}

const SHARDS: usize = 16;
/// For each shard: 16384 tokens in all.
const CAPACITY: NonZeroUsize = NonZeroUsize::new(1024).unwrap();
/// For each shard: 1024 calls in all.
const MAX_IN_FLIGHT: usize = 64;

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use grantor_core::Timestamp;

    use super::*;
    use crate::Claims;

    #[derive(Debug)]
    struct Still;

    impl Clock for Still {
        fn now(&self) -> Timestamp {
            Timestamp::from_secs(0)
        }

        fn elapsed(&self) -> Duration {
            Duration::ZERO
        }
    }

    fn cache() -> Arc<IntrospectionCache> {
        Arc::new(IntrospectionCache::new(
            Duration::from_secs(10),
            Arc::new(Still),
        ))
    }

    fn count<T>(cache: &IntrospectionCache, of: fn(&Shard) -> T) -> usize
    where
        usize: std::iter::Sum<T>,
    {
        let shards = cache.shards.iter();
        shards.map(|shard| of(&shard.lock().unwrap())).sum()
    }

    #[tokio::test]
    async fn a_flood_of_good_tokens_does_not_fill_the_memory() {
        let cache = cache();
        let flood = SHARDS * CAPACITY.get() * 2;
        for i in 0..flood {
            let good = async { Ok(Claims::default().into()) };
            cache
                .get_or_introspect(&format!("t{i}"), good)
                .await
                .unwrap();
            // One that is in use stays.
            assert!(i < 7 || cache.get("t7").is_some(), "{i}");
        }
        let held = count(&cache, |shard| shard.cached.len());
        assert!(held <= SHARDS * CAPACITY.get(), "{held}");
        assert!(cache.get(&format!("t{}", flood - 1)).is_some());
        assert!(cache.get("t0").is_none());
        assert_eq!(count(&cache, |shard| shard.in_flight.len()), 0);
    }

    #[test]
    fn a_flood_of_introspections_is_undecided_and_not_sent() {
        let cache = cache();
        let flood = SHARDS * MAX_IN_FLIGHT * 2;
        let mut refused = 0;
        for i in 0..flood {
            let token = format!("t{i}");
            let mut asking = pin!(cache.get_or_introspect(&token, std::future::pending()));
            let mut context = Context::from_waker(Waker::noop());
            if let Poll::Ready(outcome) = asking.as_mut().poll(&mut context) {
                assert!(outcome.unwrap_err().is_undecided());
                refused += 1;
            }
        }
        let in_flight = count(&cache, |shard| shard.in_flight.len());
        assert!(in_flight <= SHARDS * MAX_IN_FLIGHT, "{in_flight}");
        assert_eq!(refused + in_flight, flood);
    }

    #[tokio::test]
    async fn an_introspection_that_panics_is_repeated() {
        let cache = cache();
        let asking = cache.clone();
        let panicking = async move {
            asking
                .get_or_introspect("t", async { panic!("the endpoint") })
                .await
        };
        assert!(tokio::spawn(panicking).await.is_err());
        let good = async { Ok(Claims::default().into()) };
        cache.get_or_introspect("t", good).await.unwrap();
    }
}
