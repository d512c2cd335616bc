//! How servers are used.

use std::time::Duration;

use grantor_store::{DEFAULT_MAX_CLOCK_SKEW, Error};

use crate::MemcachedStore;

/// How to open a [`MemcachedStore`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemcachedOptions {
    /// How long an operation may take, with connecting. Afterwards a write has an unknown outcome.
    /// `timeout` in the URL, in seconds, goes before it.
    pub timeout: Duration,
    /// How long a server may take to accept a connection and to authenticate it.
    pub connect_timeout: Duration,
    /// How long dead records are kept past their expiry.
    pub max_clock_skew: Duration,
}

impl MemcachedOptions {
    /// Uses the servers at `url`.
    ///
    /// # Errors
    /// As [`MemcachedStore::open`].
    pub async fn open(&self, url: &str) -> Result<MemcachedStore, Error> {
        MemcachedStore::open_with(url, self).await
    }
}

impl Default for MemcachedOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(2),
            connect_timeout: Duration::from_secs(2),
            max_clock_skew: DEFAULT_MAX_CLOCK_SKEW,
        }
    }
}
