//! Private files and folders, by what the system has for them: for stores that are files, and for
//! programs that keep files beside a store.
//!
//! On Unix modes keep other users out. Elsewhere the folder has to do that: nothing there has a mode or
//! an owner, and a new file may lose its name with the power.

use std::fs::{File, Metadata};
use std::io;
use std::path::Path;

use crate::platform;

/// Creates a file that only its owner may read or write.
///
/// # Errors
/// There is a file with this name, or the system refuses.
pub fn create_file(path: &Path) -> io::Result<File> {
    platform::create_file(path)
}

/// Creates a folder and those above it, for their owner alone. Folders that exist stay as they are.
///
/// # Errors
/// The system refuses.
pub fn create_folder(path: &Path) -> io::Result<()> {
    platform::create_directory(path)
}

/// Writes the names of a folder to the disk. A new file survives a loss of power only after that.
///
/// # Errors
/// The folder can't be opened, or the system refuses.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    platform::sync_directory(path)
}

/// Returns the mode of a file that other users may read, write or run; none if they may not.
#[must_use]
pub fn exposing_mode(metadata: &Metadata) -> Option<u32> {
    platform::exposing_mode(metadata)
}

/// Returns the owner of a file and this process's user, if the file belongs to neither it nor root.
#[must_use]
pub fn foreign_owner(metadata: &Metadata) -> Option<(u32, u32)> {
    platform::foreign_owner(metadata)
}
