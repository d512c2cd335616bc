//! Times that a database keeps: the newest that the store was given and believed, for the next start,
//! and the time of a backup.

use grantor_core::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result, params};

const NEWEST: &str = "newest";
/// In a backup alone: when it was made.
const BACKUP: &str = "backup";

pub(crate) fn save(connection: &Connection, newest: Timestamp) -> Result<()> {
    put(connection, NEWEST, newest)
}

pub(crate) fn newest(connection: &Connection) -> Result<Option<Timestamp>> {
    get(connection, NEWEST)
}

pub(crate) fn save_backup(connection: &Connection, made_at: Timestamp) -> Result<()> {
    put(connection, BACKUP, made_at)
}

pub(crate) fn backup(connection: &Connection) -> Result<Option<Timestamp>> {
    get(connection, BACKUP)
}

pub(crate) fn forget_backup(connection: &Connection) -> Result<()> {
    connection
        .execute("DELETE FROM times WHERE name = ?1", [BACKUP])
        .map(drop)
}

fn put(connection: &Connection, name: &str, time: Timestamp) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO times (name, millis) VALUES (?1, ?2)
             ON CONFLICT (name) DO UPDATE SET millis = ?2",
        )?
        .execute(params![name, time.as_millis()])
        .map(drop)
}

fn get(connection: &Connection, name: &str) -> Result<Option<Timestamp>> {
    let millis = connection
        .query_row("SELECT millis FROM times WHERE name = ?1", [name], |row| {
            row.get(0)
        })
        .optional()?;
    Ok(millis.map(Timestamp::from_millis))
}
