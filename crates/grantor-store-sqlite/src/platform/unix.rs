//! Modes of files, and folders that can be synced.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// Creates a file that is its owner's alone.
pub(crate) fn create_new(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600).open(path)
}

/// The mode of a file that is open to others; none if it is not, or not there.
pub(crate) fn mode_for_others(path: &Path) -> Option<u32> {
    let mode = fs::metadata(path).ok()?.permissions().mode() & 0o7777;
    (mode & 0o077 != 0).then_some(mode)
}

/// A new file survives a loss of power only once its directory is on the disk too.
pub(crate) fn sync_with_directory(file: &File, path: &Path) -> io::Result<()> {
    file.sync_all()?;
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    File::open(directory)?.sync_all()
}

/// The owner of a file and this process's user, if the file belongs to neither it nor root.
pub(crate) fn foreign_owner(path: &Path) -> Option<(u32, u32)> {
    let owner = fs::metadata(path).ok()?.uid();
    let own = rustix::process::geteuid().as_raw();
    (owner != own && owner != 0).then_some((owner, own))
}
