//! Functions for systems without modes and limits.

use std::path::Path;

/// Returns none: there are no modes.
pub(crate) fn mode_for_writers(_path: &Path) -> Option<u32> {
    None
}

/// Returns false: there are no modes.
pub(crate) fn is_open_to_all(_path: &Path) -> bool {
    false
}

/// Does nothing: there is no such limit that a program could raise.
pub(crate) fn allow_open_files(_files: u64) {}
