//! The file itself: SQLite would create it with the mode that the process happens to have.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use grantor_store::private_files::{create_file, exposing_mode, foreign_owner, sync_folder};
use grantor_store::{Applied, Error};

/// Creates the file if there is none, readable for its owner only; SQLite gives the files beside it
/// the same mode.
pub(crate) fn create_private(path: &Path) -> Result<(), Error> {
    match create_file(path).and_then(|file| sync_with_directory(&file, path)) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(not_created(path, error)),
        _ => Ok(()),
    }
}

/// Refuses a database that is another user's or that others than its owner may read or write, and what
/// lies beside it.
pub(crate) fn refuse_open_to_others(path: &Path) -> Result<(), Error> {
    for file in [path.to_owned(), beside(path, "-wal"), beside(path, "-shm")] {
        let Ok(found) = fs::metadata(&file) else {
            continue;
        };
        if !found.is_file() {
            let file = file.display();
            return Err(Error::configuration(format!(
                "the database {file} is no regular file: move it away, or choose another path"
            )));
        }
        if let Some((owner, own)) = foreign_owner(&found) {
            let file = file.display();
            return Err(Error::configuration(format!(
                "the database {file} belongs to the user {owner}, and this process runs as {own}: \
                 run it as the user of the data, or give the file to that user (chown)"
            )));
        }
        if let Some(mode) = exposing_mode(&found) {
            let file = file.display();
            return Err(Error::configuration(format!(
                "the database {file} has mode {mode:04o} and is open to others: set it to 0600 \
                 (chmod 600 {file}), and rotate the secrets of clients and the passwords of users \
                 if somebody may have read it"
            )));
        }
    }
    Ok(())
}

/// There must be a file to read.
pub(crate) fn refuse_missing(path: &Path) -> Result<(), Error> {
    match path.exists() {
        true => Ok(()),
        false => Err(Error::configuration(format!(
            "there is no database {}: check the path; a server or a command that writes creates it",
            path.display()
        ))),
    }
}

/// There must be no file to overwrite.
pub(crate) fn refuse_existing(path: &Path) -> Result<(), Error> {
    for file in [path.to_owned(), beside(path, "-wal")] {
        if file.exists() {
            return Err(Error::configuration(format!(
                "{} is there already: move it away, or choose another path",
                file.display()
            )));
        }
    }
    Ok(())
}

/// The file that SQLite keeps beside a database under this ending.
pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}

/// A private file under another name, until it is whole.
pub(crate) struct Draft {
    path: PathBuf,
    place: PathBuf,
}

impl Draft {
    /// A draft of the file `place`, which must not be there.
    pub(crate) fn beside(place: &Path) -> Result<Self, Error> {
        refuse_existing(place)?;
        let path = beside(place, ".partial");
        // One that is there was left by a program that was killed.
        let _gone = fs::remove_file(&path);
        create_file(&path).map_err(|error| not_created(&path, error))?;
        Ok(Self {
            path,
            place: place.to_owned(),
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Puts it in its place, on the disk. A file that has come there meanwhile stays.
    pub(crate) fn publish(self) -> Result<(), Error> {
        let written = File::open(&self.path)
            .and_then(|file| file.sync_all().map(|()| file))
            .and_then(|file| fs::hard_link(&self.path, &self.place).map(|()| file))
            .and_then(|file| sync_with_directory(&file, &self.place));
        written.map_err(|error| {
            let message = format!("{} can't be written: {error}", self.place.display());
            Error::unavailable(message, Applied::No).with_source(error)
        })
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        let _gone = fs::remove_file(&self.path);
    }
}

/// A new file survives a loss of power only once its folder is on the disk too.
fn sync_with_directory(file: &File, path: &Path) -> io::Result<()> {
    file.sync_all()?;
    sync_folder(match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    })
}

fn not_created(path: &Path, error: io::Error) -> Error {
    let remedy = match error.kind() {
        ErrorKind::NotFound => "make its folder first, with mode 0700",
        _ => "its folder must be one that this user may write to",
    };
    let path = path.display();
    let message = format!("the database {path} can't be created ({error}): {remedy}");
    Error::configuration(message).with_source(error)
}
