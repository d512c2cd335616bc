//! The tables and their versions.

use std::path::Path;

use grantor_store::Error;
use rusqlite::{Connection, TransactionBehavior};

use crate::error::not_opened;

/// What makes the file ours: "grnt".
const APPLICATION_ID: i64 = 0x6772_6e74;

/// One step per version of the schema, never changed once released.
///
/// A row of its own number keeps rows in the order of their creation: values are large, so a tree
/// by key would be deep, and garbage is found by walking the oldest rows.
const STEPS: [&str; 1] = ["
    CREATE TABLE records (
        id INTEGER PRIMARY KEY,
        key BLOB NOT NULL UNIQUE,
        version BLOB NOT NULL,
        expires_at INTEGER,
        value BLOB NOT NULL
    ) STRICT;
"];

/// Brings the database to the newest version. Processes that do it at once take turns.
pub(crate) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), Error> {
    let failed = |error| not_opened(path, error);
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed)?;
    let number = |pragma| transaction.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let owner = number("application_id").map_err(failed)?;
    let version = number("user_version").map_err(failed)?;
    let tables: i64 = transaction
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(failed)?;

    if owner != APPLICATION_ID && (owner, version, tables) != (0, 0, 0) {
        let path = path.display();
        return Err(Error::configuration(format!(
            "the database {path} belongs to another program: choose another path"
        )));
    }
    let newest = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
    if version > newest {
        let path = path.display();
        return Err(Error::newer(format!(
            "the database {path} has version {version}, this program knows up to {newest}: use the \
             newer grantor that wrote it"
        )));
    }
    let done = usize::try_from(version).unwrap_or(0);
    for step in STEPS.iter().skip(done) {
        transaction.execute_batch(step).map_err(failed)?;
    }
    transaction
        .pragma_update(None, "application_id", APPLICATION_ID)
        .and_then(|()| transaction.pragma_update(None, "user_version", newest))
        .and_then(|()| transaction.commit())
        .map_err(failed)
}
