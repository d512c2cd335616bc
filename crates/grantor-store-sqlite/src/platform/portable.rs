//! Files by the standard library alone.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// Creates a file, as private as its folder makes it.
pub(crate) fn create_new(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

/// Returns none: there are no modes.
pub(crate) fn mode_for_others(_path: &Path) -> Option<u32> {
    None
}

/// Syncs the file: a folder has no handle to sync.
pub(crate) fn sync_with_directory(file: &File, _path: &Path) -> io::Result<()> {
    file.sync_all()
}

/// Returns none: files have no owner that is known.
pub(crate) fn foreign_owner(_path: &Path) -> Option<(u32, u32)> {
    None
}
