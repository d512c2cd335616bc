//! How a database is used.

use std::time::Duration;

use grantor_store::{DEFAULT_MAX_CLOCK_SKEW, Error};

use crate::MongodbStore;

/// How to open a [`MongodbStore`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MongodbOptions {
    /// How long an operation may take, with finding the primary. Afterwards a write has an unknown
    /// outcome. `timeout` in the URL, in seconds, goes before it.
    pub timeout: Duration,
    /// How many connections there are at most to each server, unless `maxPoolSize` in the URL says so.
    pub max_connections: u32,
    /// How long dead records are kept past their expiry.
    pub max_clock_skew: Duration,
}

impl MongodbOptions {
    /// Uses the database at `url`.
    ///
    /// # Errors
    /// As [`MongodbStore::open`].
    pub async fn open(&self, url: &str) -> Result<MongodbStore, Error> {
        MongodbStore::open_with(url, self).await
    }
}

impl Default for MongodbOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(5),
            max_connections: 10,
            max_clock_skew: DEFAULT_MAX_CLOCK_SKEW,
        }
    }
}
