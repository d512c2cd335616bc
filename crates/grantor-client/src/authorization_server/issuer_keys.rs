//! The public keys of servers, fetched when a token is to be validated, and kept.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use grantor_core::Environment;
use grantor_http::{JwksCache, RefreshTimes, Transport};
use url::Url;

/// The key sets of the last few servers, by their URL.
pub(crate) struct IssuerKeys {
    transport: Arc<dyn Transport>,
    environment: Environment,
    /// The one used last comes first.
    sets: Mutex<Vec<(Url, JwksCache)>>,
}

/// More than a program has servers.
const CAPACITY: usize = 100;

impl IssuerKeys {
    pub(crate) fn new(transport: Arc<dyn Transport>, environment: Environment) -> Self {
        Self {
            transport,
            environment,
            sets: Mutex::default(),
        }
    }

    /// The keys at a URL, which all who ask for them share.
    pub(crate) fn at(&self, url: &Url) -> JwksCache {
        let mut sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        let found = sets.iter().position(|(known, _)| known == url);
        let set = match found {
            Some(at) => sets.remove(at),
            None => {
                let transport = Arc::clone(&self.transport);
                let clock = Arc::clone(&self.environment.clock);
                let times = RefreshTimes::default();
                (url.clone(), JwksCache::new(url, transport, clock, times))
            }
        };
        let keys = set.1.clone();
        sets.insert(0, set);
        sets.truncate(CAPACITY);
        keys
    }
}

impl fmt::Debug for IssuerKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuerKeys").finish_non_exhaustive()
    }
}
