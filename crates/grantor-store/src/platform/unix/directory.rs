//! Folders by their descriptors.

use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

use rustix::fs::{AtFlags, Dir, Mode, OFlags, open, openat, renameat, unlinkat};
use rustix::io::Errno;

use super::exposing_mode;
use crate::platform::Found;

/// A folder, held open.
pub(crate) struct Directory(File);

impl Directory {
    /// Opens a folder, which may not be a symbolic link.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(Self(File::from(open(path, flags, Mode::empty())?)))
    }

    /// The mode of the folder, if others may do something with it.
    pub(crate) fn exposing_mode(&self) -> io::Result<Option<u32>> {
        Ok(exposing_mode(&self.0.metadata()?))
    }

    pub(crate) fn try_lock(&self) -> Result<(), TryLockError> {
        self.0.try_lock()
    }

    pub(crate) fn unlock(&self) -> io::Result<()> {
        self.0.unlock()
    }

    /// Opens a file to read it.
    pub(crate) fn find(&self, name: &str) -> io::Result<Found> {
        // Without NONBLOCK a pipe in the place of a file would hold us for ever.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        match openat(&self.0, name, flags, Mode::empty()) {
            Ok(file) => Ok(Found::Opened(file.into())),
            Err(Errno::NOENT) => Ok(Found::Nothing),
            Err(Errno::LOOP | Errno::NXIO) => Ok(Found::NoFile),
            Err(error) => Err(error.into()),
        }
    }

    /// Creates a file that is its owner's alone.
    pub(crate) fn create(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let owner = Mode::RUSR | Mode::WUSR;
        Ok(openat(&self.0, name, flags, owner)?.into())
    }

    /// Moves a file in the place of another.
    pub(crate) fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        Ok(renameat(&self.0, from, &self.0, to)?)
    }

    /// Removes a file, and returns whether there was one.
    pub(crate) fn remove(&self, name: &str) -> io::Result<bool> {
        match unlinkat(&self.0, name, AtFlags::empty()) {
            Ok(()) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// The names in the folder, in no order.
    pub(crate) fn names(&self) -> io::Result<Vec<OsString>> {
        let entries = Dir::read_from(&self.0)?;
        let names = entries.map(|entry| {
            let name = entry?.file_name().to_bytes().to_vec();
            Ok(OsString::from_vec(name))
        });
        names.collect()
    }

    /// Sees to it that what was created, moved and removed stays so.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.0.sync_all()
    }
}
