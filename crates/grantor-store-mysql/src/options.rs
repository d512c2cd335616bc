//! How a database is opened.

use std::time::Duration;

use grantor_store::{DEFAULT_MAX_CLOCK_SKEW, Error};

use crate::MysqlStore;

/// How to open a [`MysqlStore`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MysqlOptions {
    /// How many connections this store opens at most. `max_connections` in the URL goes before it.
    pub max_connections: usize,
    /// How long an operation may take, with waiting for a connection. Afterwards its connection is
    /// closed, and a write has an unknown outcome. `timeout` in the URL, in seconds, goes before it.
    pub timeout: Duration,
    /// How long one host may take to accept a connection and to authenticate it.
    pub connect_timeout: Duration,
    /// How long dead records are kept past their expiry.
    pub max_clock_skew: Duration,
}

impl MysqlOptions {
    /// Opens the database at `url`, and makes the tables in it that are missing.
    ///
    /// # Errors
    /// As [`MysqlStore::open`].
    pub async fn open(&self, url: &str) -> Result<MysqlStore, Error> {
        MysqlStore::open_with(url, self).await
    }
}

impl Default for MysqlOptions {
    fn default() -> Self {
        Self {
            max_connections: 10,
            timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(2),
            max_clock_skew: DEFAULT_MAX_CLOCK_SKEW,
        }
    }
}
