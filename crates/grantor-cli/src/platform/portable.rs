//! Folders by the standard library alone.

use std::fs;
use std::io;
use std::path::Path;

/// Creates a folder and those above it, as private as those are.
pub(crate) fn create_folder(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

/// Returns none: there are no modes.
pub(crate) fn mode_for_writers(_path: &Path) -> Option<u32> {
    None
}

/// Does nothing: there is no such limit that a program could raise.
pub(crate) fn allow_open_files(_files: u64) {}

/// Returns none: files have no owner that is known.
pub(crate) fn foreign_owner(_path: &Path) -> Option<(u32, u32)> {
    None
}
