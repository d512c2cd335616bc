//! The tables and their versions.

use std::path::Path;

use grantor_store::Error;
use rusqlite::{Connection, TransactionBehavior};

use crate::error::not_opened;

/// The application id in the file's header: "grnt".
const APPLICATION_ID: i64 = 0x6772_6e74;

/// One step per version of the schema, never changed once released.
///
/// A row of its own number keeps rows in the order of their creation: values are large, so a tree
/// by key would be deep, and garbage is found by walking the oldest rows.
const STEPS: [&str; 2] = [
    "
    CREATE TABLE records (
        id INTEGER PRIMARY KEY,
        key BLOB NOT NULL UNIQUE,
        version BLOB NOT NULL,
        expires_at INTEGER,
        value BLOB NOT NULL
    ) STRICT;
",
    "
    CREATE TABLE times (
        name TEXT PRIMARY KEY,
        millis INTEGER NOT NULL
    ) STRICT;
",
];

/// Looks whether the database is ours, or new, before anything in it is changed.
pub(crate) fn refuse_foreign(connection: &Connection, path: &Path) -> Result<(), Error> {
    let state = State::read_alone(connection).map_err(|error| not_opened(path, error))?;
    state.check(path)
}

/// Makes sure that the database is ours and of the newest version, and changes nothing.
pub(crate) fn check(connection: &Connection, path: &Path) -> Result<(), Error> {
    let state = State::read_alone(connection).map_err(|error| not_opened(path, error))?;
    state.check(path)?;
    if state.version < NEWEST {
        let (path, version) = (path.display(), state.version);
        return Err(Error::configuration(format!(
            "the database {path} has version {version} and is not read before a server or a command \
             that writes has brought it to version {NEWEST}"
        )));
    }
    Ok(())
}

const NEWEST: i64 = STEPS.len() as i64;

struct State {
    owner: i64,
    version: i64,
    tables: i64,
}

impl State {
    /// Reads it at one moment, though others may create the database now.
    fn read_alone(connection: &Connection) -> rusqlite::Result<Self> {
        Self::read(&*connection.unchecked_transaction()?)
    }

    fn read(connection: &Connection) -> rusqlite::Result<Self> {
        let number = |pragma| connection.pragma_query_value(None, pragma, |row| row.get(0));
        let count = "SELECT count(*) FROM sqlite_schema";
        Ok(Self {
            owner: number("application_id")?,
            version: number("user_version")?,
            tables: connection.query_row(count, [], |row| row.get(0))?,
        })
    }

    fn is_new(&self) -> bool {
        (self.owner, self.version, self.tables) == (0, 0, 0)
    }

    fn check(&self, path: &Path) -> Result<(), Error> {
        let path = path.display();
        if self.owner != APPLICATION_ID && !self.is_new() {
            return Err(Error::configuration(format!(
                "the database {path} belongs to another program: choose another path"
            )));
        }
        if self.version > NEWEST {
            let version = self.version;
            return Err(Error::newer(format!(
                "the database {path} has version {version}, this program knows up to {NEWEST}: use \
                 the newer grantor that wrote it"
            )));
        }
        Ok(())
    }
}

/// Brings the database to the newest version. Processes that do it at once take turns.
pub(crate) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), Error> {
    let failed = |error| not_opened(path, error);
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed)?;
    let state = State::read(&transaction).map_err(failed)?;
    state.check(path)?;
    let done = usize::try_from(state.version).unwrap_or(0);
    for step in STEPS.iter().skip(done) {
        transaction.execute_batch(step).map_err(failed)?;
    }
    transaction
        .pragma_update(None, "application_id", APPLICATION_ID)
        .and_then(|()| transaction.pragma_update(None, "user_version", NEWEST))
        .and_then(|()| transaction.commit())
        .map_err(failed)
}
