//! Modes of files, and limits of the process.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The mode of what others may write to; none if they may not, or nothing is there.
pub(crate) fn mode_for_writers(path: &Path) -> Option<u32> {
    let mode = fs::metadata(path).ok()?.permissions().mode() & 0o7777;
    (mode & 0o022 != 0).then_some(mode)
}

/// Returns whether every user may read what is there.
pub(crate) fn is_open_to_all(path: &Path) -> bool {
    let metadata = fs::metadata(path);
    metadata.is_ok_and(|metadata| metadata.permissions().mode() & 0o004 != 0)
}

/// Lets the process open so many files, as far as the system allows. Some systems begin with 256.
pub(crate) fn allow_open_files(files: u64) {
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < files) {
        let most = limit.maximum.unwrap_or(files);
        // If it can't be raised, the calls take turns.
        let _ = setrlimit(
            Resource::Nofile,
            Rlimit {
                current: Some(most.min(files)),
                maximum: limit.maximum,
            },
        );
    }
}
