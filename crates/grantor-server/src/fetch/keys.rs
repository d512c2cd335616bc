//! Keys at URLs, and signatures by them.

use std::error::Error as _;
use std::sync::{Arc, PoisonError};

use grantor_http::{Cached, Fetched, RefreshTimes, TransportError, Unavailable, freshness};
use grantor_jose::{Error as JwtError, KeySet};
use url::Url;

use super::{FetchError, Fetcher, check_url};

/// The largest key set that is read: 64 KiB.
const MAX_KEY_SET: usize = 64 * 1024;

impl Fetcher {
    /// The keys at a URL, fetched when they are first needed and renewed as their answer says. The
    /// keys of one URL are fetched once, however many ask.
    ///
    /// # Errors
    /// The URL is refused, or there are no keys.
    pub async fn keys(&self, url: &Url) -> Result<Arc<KeySet>, FetchError> {
        let keys = self.cached_keys(url)?.get().await;
        keys.map_err(|error| cause(&error))
    }

    /// The keys at a URL after a signature named one that is not in `seen`; `seen` itself if the last
    /// attempt is too recent to make another, so that invented keys cost the host nothing.
    ///
    /// # Errors
    /// The URL is refused, or the last attempt failed.
    pub async fn newer_keys(
        &self,
        url: &Url,
        seen: &Arc<KeySet>,
    ) -> Result<Arc<KeySet>, FetchError> {
        let keys = self.cached_keys(url)?.newer_than(seen).await;
        keys.map_err(|error| cause(&error))
    }

    /// Verifies something by the keys at a URL, and once more by newer ones if it names a key that is not
    /// among them.
    ///
    /// # Errors
    /// There are no keys to verify it by.
    pub(crate) async fn verify<T>(
        &self,
        url: &Url,
        verify: impl Fn(&KeySet) -> Result<T, JwtError>,
    ) -> Result<Result<T, JwtError>, FetchError> {
        let keys = self.keys(url).await?;
        match verify(&keys) {
            Err(JwtError::UnknownKey) => {}
            verified => return Ok(verified),
        }
        let newer = self.newer_keys(url, &keys).await?;
        if Arc::ptr_eq(&newer, &keys) {
            return Ok(Err(JwtError::UnknownKey));
        }
        Ok(verify(&newer))
    }

    fn cached_keys(&self, url: &Url) -> Result<Cached<KeySet>, FetchError> {
        check_url(url, self.0.addresses)?;
        let mut keys = self.0.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || {
            // Weakly, since the fetcher holds the cache.
            let (fetcher, url) = (Arc::downgrade(&self.0), url.clone());
            let clock = Arc::clone(&self.0.environment.clock);
            Cached::new("key set", clock, RefreshTimes::default(), move |_| {
                let (fetcher, url) = (fetcher.upgrade().map(Fetcher), url.clone());
                Box::pin(async move {
                    let fetcher = fetcher.ok_or_else(|| Unavailable::new("the server is gone"))?;
                    fetch(&fetcher, &url).await.map_err(unavailable)
                })
            })
        };
        Ok(keys.get_or_insert(url.to_string(), new).clone())
    }
}

async fn fetch(fetcher: &Fetcher, url: &Url) -> Result<Fetched<KeySet>, FetchError> {
    let accept = "application/jwk-set+json, application/json";
    let answer = fetcher.get(url, accept, MAX_KEY_SET).await?;
    let keys = KeySet::from_json(answer.body());
    let value = keys.map_err(|error| FetchError::Malformed(error.to_string().into()))?;
    for skipped in value.skipped() {
        tracing::debug!(index = skipped.index, reason = %skipped.reason, "a key is left out");
    }
    Ok(Fetched {
        fresh_for: freshness(answer.headers()),
        value,
    })
}

fn unavailable(error: FetchError) -> Unavailable {
    Unavailable::new(error.to_string()).with_source(error)
}

/// The reason why there are no keys; without one the attempt was given up.
fn cause(error: &Unavailable) -> FetchError {
    let source = error
        .source()
        .and_then(|it| it.downcast_ref::<FetchError>());
    source.cloned().unwrap_or_else(|| {
        let given_up = TransportError::unknown(error.to_string());
        FetchError::NoAnswer(Arc::new(given_up))
    })
}
