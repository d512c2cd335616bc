//! Files and folders of a system without modes and owners.
//!
//! Its limit: nothing sees to it that the name of a new file survives a loss of power.

#[cfg(feature = "file")]
mod directory;

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::path::Path;

#[cfg(feature = "file")]
pub(crate) use self::directory::Directory;

/// Returns none: there are no modes.
pub(crate) fn exposing_mode(_metadata: &Metadata) -> Option<u32> {
    None
}

/// Returns none: there are no owners.
pub(crate) fn foreign_owner(_metadata: &Metadata) -> Option<(u32, u32)> {
    None
}

/// Creates a folder and those above it.
pub(crate) fn create_directory(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

/// Creates a file.
pub(crate) fn create_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).open(path)
}

/// Does nothing: a folder has no handle to sync.
pub(crate) fn sync_directory(_path: &Path) -> io::Result<()> {
    Ok(())
}
