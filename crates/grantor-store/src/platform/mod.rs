//! Private files and folders, by what the system has for them.
//!
//! On Unix a folder is held open, whatever is moved or linked around it, and the modes keep others
//! out. The fallback works by paths, and leaves it to the user's own folders to keep others out.
//! The tests compile both and hold them to the same; `--cfg grantor_portable` takes the fallback
//! everywhere.

#[cfg(any(all(test, feature = "file"), grantor_portable, not(unix)))]
mod portable;
#[cfg(all(unix, not(grantor_portable)))]
mod unix;

#[cfg(feature = "file")]
use std::fs::File;

#[cfg(any(grantor_portable, not(unix)))]
use self::portable as native;
#[cfg(all(unix, not(grantor_portable)))]
use self::unix as native;

#[cfg(feature = "file")]
pub(crate) use native::Directory;
pub(crate) use native::{
    create_directory, create_file, exposing_mode, foreign_owner, sync_directory,
};

/// The kind of entry under a name in a folder.
#[cfg(feature = "file")]
pub(crate) enum Found {
    /// A file, perhaps also a pipe or a folder.
    Opened(File),
    /// No entry.
    Nothing,
    /// A link, or something that nobody can read from.
    NoFile,
}

#[cfg(all(test, feature = "file"))]
mod tests;
