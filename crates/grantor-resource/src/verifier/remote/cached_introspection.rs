//! Introspections whose answers are used again for some seconds.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use grantor_core::Secret;

use super::introspection_cache::IntrospectionCache;
use crate::verifier::introspector::Introspector;
use crate::{AccessToken, VerifyError};

/// Tokens that only their issuer can read, checked by introspection and cached for some seconds.
pub(in crate::verifier) struct CachedIntrospection {
    introspector: Arc<Introspector>,
    /// None if every token is introspected anew, as in the server's own process.
    cache: Option<Arc<IntrospectionCache>>,
}

impl CachedIntrospection {
    /// `cache` is how long an answer is cached; zero for not at all.
    pub(in crate::verifier) fn new(introspector: Introspector, cache: Duration) -> Self {
        let clock = introspector.clock.clone();
        Self {
            introspector: Arc::new(introspector),
            cache: (!cache.is_zero()).then(|| Arc::new(IntrospectionCache::new(cache, clock))),
        }
    }

    pub(in crate::verifier) async fn verify(
        &self,
        token: &str,
    ) -> Result<AccessToken, VerifyError> {
        let Some(cache) = &self.cache else {
            return self.introspector.verify(token).await;
        };
        let (introspector, secret) = (self.introspector.clone(), Secret::new(token));
        cache
            .get_or_introspect(
                token,
                async move { introspector.verify(secret.expose()).await },
            )
            .await
    }

    /// Returns none if the token is not in the cache.
    pub(in crate::verifier) fn try_verify(
        &self,
        token: &str,
    ) -> Option<Result<AccessToken, VerifyError>> {
        self.cache.as_ref()?.get(token).map(Ok)
    }
}

impl fmt::Debug for CachedIntrospection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedIntrospection")
            .field("introspector", &self.introspector)
            .finish_non_exhaustive()
    }
}
