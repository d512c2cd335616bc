//! The deletion of dead records: a few files beside each write, or all of them at once.

use std::vec;

use grantor_core::Timestamp;

use super::folder::Folder;
use crate::error::Error;
use crate::key::Key;

/// Looks at the records a few at a time, round and round.
#[derive(Default)]
pub(super) struct Collector {
    left: vec::IntoIter<Key>,
    /// How many records were written since the last round began.
    written: usize,
    /// How many records that round found.
    found: usize,
}

impl Collector {
    /// Looks at twice as many records as were written: so there are never more dead records than
    /// live ones for long, and no write pays for more than its share. Needs the lock.
    pub(super) fn collect(
        &mut self,
        folder: &Folder,
        written: usize,
        dead_since: Timestamp,
    ) -> Result<(), Error> {
        self.written += written;
        // A round is worth reading the folder for once as much was written as half of what it found.
        if self.left.len() == 0 && self.written * 2 >= self.found {
            self.left = folder.keys()?.into_iter();
            (self.found, self.written) = (self.left.len(), 0);
        }
        for key in self.left.by_ref().take(written * 2 + 8) {
            delete_if_dead(folder, &key, dead_since)?;
        }
        Ok(())
    }
}

/// Deletes every record that was dead at `dead_since`. Needs the lock.
pub(super) fn sweep(folder: &Folder, dead_since: Timestamp) -> Result<usize, Error> {
    let mut deleted = 0;
    for key in folder.keys()? {
        deleted += usize::from(delete_if_dead(folder, &key, dead_since)?);
    }
    Ok(deleted)
}

/// A file that can't be read is left for a person to look at.
fn delete_if_dead(folder: &Folder, key: &Key, dead_since: Timestamp) -> Result<bool, Error> {
    let Ok(Some(entry)) = folder.read(key) else {
        return Ok(false);
    };
    match entry.expires_at {
        Some(at) if at <= dead_since => folder.delete(key),
        _ => Ok(false),
    }
}
