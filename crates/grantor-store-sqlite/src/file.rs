//! The file itself: SQLite would create it with the mode that the process happens to have.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use grantor_store::Error;

/// Creates the file if there is none, readable for its owner only; SQLite gives the files beside it
/// the same mode.
pub(crate) fn create_private(path: &Path) -> Result<(), Error> {
    let created = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    match created.and_then(|file| sync_with_directory(&file, path)) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            let path = path.display();
            let message = format!(
                "the database {path} can't be created ({error}): its folder must be one that this \
                 user may write to"
            );
            Err(Error::configuration(message).with_source(error))
        }
        _ => Ok(()),
    }
}

/// A new file survives a loss of power only once its directory is on the disk too.
fn sync_with_directory(file: &File, path: &Path) -> io::Result<()> {
    file.sync_all()?;
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    File::open(directory)?.sync_all()
}
