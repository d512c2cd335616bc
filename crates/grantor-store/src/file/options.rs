//! How a folder is opened.

use std::path::Path;
use std::time::Duration;

use crate::capabilities::Durability;
use crate::error::Error;
use crate::file::FileStore;
use crate::store::DEFAULT_MAX_CLOCK_SKEW;

/// How to open a [`FileStore`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileOptions {
    /// How long a write waits for another process that is writing.
    pub busy_timeout: Duration,
    /// How long dead records are kept past their expiry.
    pub max_clock_skew: Duration,
    durability: Durability,
}

impl FileOptions {
    /// Answers before the write is on the disk: if the machine loses power, the last answered
    /// writes are lost, and what was used once can be used again.
    #[must_use]
    pub fn danger_may_lose_last_writes(mut self) -> Self {
        self.durability = Durability::Process;
        self
    }

    /// Opens the folder at `path`, creating it (mode 0700) if there is none.
    ///
    /// # Errors
    /// As [`FileStore::open`].
    pub fn open(&self, path: impl AsRef<Path>) -> Result<FileStore, Error> {
        FileStore::open_with(path.as_ref(), self)
    }

    pub(super) fn durability(&self) -> Durability {
        self.durability
    }
}

impl Default for FileOptions {
    /// Everything that was answered is on the disk.
    fn default() -> Self {
        Self {
            busy_timeout: Duration::from_secs(5),
            max_clock_skew: DEFAULT_MAX_CLOCK_SKEW,
            durability: Durability::Disk,
        }
    }
}
