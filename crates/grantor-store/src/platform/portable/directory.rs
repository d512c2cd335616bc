//! Folders by their paths.
//!
//! Its limits: others are kept out by what the folder inherits, not by modes; and a folder that is
//! moved or replaced while it is in use is not noticed.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::{create_file, exposing_mode, sync_directory};
use crate::platform::Found;

/// A folder, and the file in it that its users lock.
pub(crate) struct Directory {
    path: PathBuf,
    lock: File,
}

const LOCK: &str = "lock";

impl Directory {
    /// Opens a folder, which may not be a symbolic link.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        if !fs::symlink_metadata(path)?.is_dir() {
            return Err(ErrorKind::NotADirectory.into());
        }
        let mut options = OpenOptions::new();
        let lock = options.write(true).create(true).truncate(false);
        Ok(Self {
            path: path.to_owned(),
            lock: lock.open(path.join(LOCK))?,
        })
    }

    /// Returns none: there are no modes.
    pub(crate) fn exposing_mode(&self) -> io::Result<Option<u32>> {
        Ok(exposing_mode(&fs::metadata(&self.path)?))
    }

    pub(crate) fn try_lock(&self) -> Result<(), TryLockError> {
        self.lock.try_lock()
    }

    pub(crate) fn unlock(&self) -> io::Result<()> {
        self.lock.unlock()
    }

    /// Opens a file to read it.
    pub(crate) fn find(&self, name: &str) -> io::Result<Found> {
        let path = self.path.join(name);
        // Looked at first: opening a pipe in the place of a file would hold us for ever.
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_file() => File::open(&path).map(Found::Opened),
            Ok(_) => Ok(Found::NoFile),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Found::Nothing),
            Err(error) => Err(error),
        }
    }

    /// Creates a file.
    pub(crate) fn create(&self, name: &str) -> io::Result<File> {
        create_file(&self.path.join(name))
    }

    /// Moves a file in the place of another.
    pub(crate) fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path.join(from), self.path.join(to))
    }

    /// Removes a file, and returns whether there was one.
    pub(crate) fn remove(&self, name: &str) -> io::Result<bool> {
        match fs::remove_file(self.path.join(name)) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The names in the folder, in no order.
    pub(crate) fn names(&self) -> io::Result<Vec<OsString>> {
        let entries = fs::read_dir(&self.path)?;
        entries.map(|entry| Ok(entry?.file_name())).collect()
    }

    /// Does nothing: a folder has no handle to sync.
    pub(crate) fn sync(&self) -> io::Result<()> {
        sync_directory(&self.path)
    }
}
