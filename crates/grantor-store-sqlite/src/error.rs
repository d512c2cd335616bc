//! SQLite's errors in the store's terms.

use std::path::Path;

use grantor_store::{Applied, Error};
use rusqlite::ErrorCode;

/// A statement failed before anything was committed.
pub(crate) fn failed(what: &str, error: rusqlite::Error) -> Error {
    let message = format!("the SQLite database can't be {what}: {error}");
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Error::corrupt(message),
        _ => Error::unavailable(message, Applied::No),
    }
    .with_source(error)
}

/// The database can't be used as it was configured.
pub(crate) fn not_opened(path: &Path, error: rusqlite::Error) -> Error {
    let path = path.display();
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => Error::configuration(format!(
            "{path} is not an SQLite database: choose another path"
        )),
        Some(ErrorCode::DatabaseCorrupt) => Error::corrupt(format!(
            "the database {path} is damaged ({error}): restore it from a backup"
        )),
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            Error::configuration(format!(
                "the database {path} can't be opened ({error}): the directory and the file must be \
                 writable"
            ))
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Error::unavailable(
            format!("the database {path} is locked by another process ({error})"),
            Applied::No,
        ),
        _ => Error::unavailable(
            format!("the database {path} can't be opened: {error}"),
            Applied::No,
        ),
    }
    .with_source(error)
}
