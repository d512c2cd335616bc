//! The modes and owners of files, and folders by their descriptors.

#[cfg(feature = "file")]
mod directory;

use std::fs::{DirBuilder, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

#[cfg(feature = "file")]
pub(crate) use self::directory::Directory;

/// The mode, if others may do something with the file.
pub(crate) fn exposing_mode(metadata: &Metadata) -> Option<u32> {
    let mode = metadata.mode() & 0o7777;
    (mode & 0o077 != 0).then_some(mode)
}

/// The owner of the file and this process's user, if the file belongs to neither it nor root.
pub(crate) fn foreign_owner(metadata: &Metadata) -> Option<(u32, u32)> {
    let own = rustix::process::geteuid().as_raw();
    let owner = metadata.uid();
    (owner != own && owner != 0).then_some((owner, own))
}

/// Creates a folder and those above it, for their owner alone.
pub(crate) fn create_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Creates a file that is its owner's alone.
pub(crate) fn create_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600).open(path)
}

/// Sees to it that what was created, moved and removed in a folder stays so.
pub(crate) fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}
