//! Copies of the database: made while it is used, and put in its place again.

use std::path::Path;

use grantor_core::Timestamp;
use grantor_store::{Error, Kind, kinds};
use rusqlite::{Connection, params};

use crate::error::not_opened;
use crate::file::{self, Draft};
use crate::{SqliteOptions, connection, rows, schema, times};

/// The records that a restored database keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Restore {
    /// All but grants, sessions and access tokens, and the mark of the issuer, so that the records may
    /// be given to another one. Users have to sign in again. Clients, users and consents that
    /// were removed since the backup are back, with the secrets and passwords that they had.
    WithoutGrants,
    /// All records. Removals and revocations since the backup are undone.
    KeepGrants,
}

/// The contents of a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BackupContents {
    /// When the backup was made. Of a file that [`SqliteStore::back_up`](crate::SqliteStore::back_up) did
    /// not write it is the newest time that the database knows, which may be minutes earlier, or none.
    pub made_at: Option<Timestamp>,
    /// How many records of each kind there are, in the order of [`kinds::ALL`]; without kinds that
    /// have none.
    pub records: Vec<(Kind, u64)>,
}

/// The kinds that a restored database is without by default.
const ENDED: [Kind; 7] = [
    kinds::GRANTS,
    kinds::GRANTS_BY_SUBJECT,
    kinds::DEVICE_AUTHORIZATIONS,
    kinds::SESSIONS,
    kinds::SESSIONS_BY_SUBJECT,
    kinds::ACCESS_TOKENS,
    kinds::ISSUER_MARK,
];

/// Writes what the database of `source` holds at this moment to `to`, which must not be there. Others
/// may read and write meanwhile.
pub(crate) fn back_up(
    source: &Connection,
    to: &Path,
    now: Timestamp,
) -> Result<BackupContents, Error> {
    let draft = Draft::beside(to)?;
    let copied = copy(source, &draft, |copy| times::save_backup(copy, now));
    copied.map_err(|error| not_opened(draft.path(), error))?;
    let contents = contents_of(draft.path())?;
    draft.publish()?;
    Ok(contents)
}

/// Makes the database `to`, which must not be there, of the backup `from`.
///
/// # Errors
/// `from` is no backup of grantor's or is damaged, or `to` is there already.
pub fn restore(
    from: impl AsRef<Path>,
    to: impl AsRef<Path>,
    what: Restore,
) -> Result<BackupContents, Error> {
    let (from, to) = (from.as_ref(), to.as_ref());
    let contents = contents_of(from)?;
    file::refuse_existing(to)?;
    let draft = Draft::beside(to)?;
    let failed = |error| not_opened(draft.path(), error);
    let source = connection::open_read_only(from, &SqliteOptions::default())?;
    copy(&source, &draft, times::forget_backup).map_err(failed)?;
    if what == Restore::WithoutGrants {
        let restored = connection::open_file(draft.path());
        let ended = restored.and_then(|restored| {
            for kind in ENDED {
                restored.execute(
                    "DELETE FROM records WHERE substr(key, 9, 2) = ?1",
                    params![kind.letters()],
                )?;
            }
            restored.close().map_err(|(_, error)| error)
        });
        ended.map_err(failed)?;
    }
    draft.publish()?;
    Ok(contents)
}

/// Reads the contents of a backup, after a look at every page of it.
///
/// # Errors
/// It is no backup of grantor's, or damaged.
pub fn contents_of(backup: impl AsRef<Path>) -> Result<BackupContents, Error> {
    let path = backup.as_ref();
    let connection = connection::open_read_only(path, &SqliteOptions::default())?;
    schema::check(&connection, path)?;
    let failed = |error| not_opened(path, error);
    let verdict: String = connection
        .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
        .map_err(failed)?;
    if verdict != "ok" {
        let path = path.display();
        let message = format!("the backup {path} is damaged ({verdict}): take another one");
        return Err(Error::corrupt(message));
    }
    let mut records = Vec::new();
    for kind in kinds::ALL {
        let count = rows::count(&connection, *kind).map_err(failed)?;
        records.extend((count > 0).then_some((*kind, count)));
    }
    Ok(BackupContents {
        made_at: match times::backup(&connection).map_err(failed)? {
            Some(made_at) => Some(made_at),
            None => times::newest(&connection).map_err(failed)?,
        },
        records,
    })
}

/// In one step, under one snapshot: a copy in several steps begins again with every write.
fn copy(
    source: &Connection,
    draft: &Draft,
    finish: impl FnOnce(&Connection) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut target = connection::open_file(draft.path())?;
    rusqlite::backup::Backup::new(source, &mut target)?.step(-1)?;
    // One file that needs no log beside it, wherever it is copied to.
    target.pragma_update_and_check(None, "journal_mode", "delete", |_| Ok(()))?;
    finish(&target)?;
    target.close().map_err(|(_, error)| error)
}
