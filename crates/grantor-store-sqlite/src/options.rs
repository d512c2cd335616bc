//! How a database is opened.

use std::path::Path;
use std::time::Duration;

use grantor_store::{DEFAULT_MAX_CLOCK_SKEW, Durability, Error};

use crate::SqliteStore;

/// How to open a [`SqliteStore`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqliteOptions {
    /// How long a write waits for another process that is writing.
    pub busy_timeout: Duration,
    /// How long dead records are kept past their expiry.
    pub max_clock_skew: Duration,
    durability: Durability,
}

impl SqliteOptions {
    /// Answers before the write is on the disk (`synchronous = NORMAL`): if the machine loses power,
    /// the last answered writes are lost, and what was used once can be used again.
    #[must_use]
    pub fn danger_may_lose_last_commits(mut self) -> Self {
        self.durability = Durability::Process;
        self
    }

    /// Opens the database at `path`, creating it (mode 0600) if there is none.
    ///
    /// # Errors
    /// As [`SqliteStore::open`].
    pub fn open(&self, path: impl AsRef<Path>) -> Result<SqliteStore, Error> {
        SqliteStore::open_with(path.as_ref(), self)
    }

    /// Opens the database at `path` for reading: it creates no file and takes no lock for writing, so
    /// a server may run beside it. Writes fail.
    ///
    /// # Errors
    /// There is no database at `path`, and otherwise as [`SqliteStore::open`].
    pub fn open_read_only(&self, path: impl AsRef<Path>) -> Result<SqliteStore, Error> {
        SqliteStore::open_read_only(path.as_ref(), self)
    }

    pub(crate) fn durability(&self) -> Durability {
        self.durability
    }
}

impl Default for SqliteOptions {
    /// Everything that was answered is on the disk (`synchronous = FULL`).
    fn default() -> Self {
        Self {
            busy_timeout: Duration::from_secs(5),
            max_clock_skew: DEFAULT_MAX_CLOCK_SKEW,
            durability: Durability::Disk,
        }
    }
}
