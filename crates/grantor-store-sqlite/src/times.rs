//! The newest time that the store was given and believed, kept for the next start.

use grantor_core::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result};

pub(crate) fn save(connection: &Connection, newest: Timestamp) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO times (name, millis) VALUES ('newest', ?1)
             ON CONFLICT (name) DO UPDATE SET millis = ?1",
        )?
        .execute([newest.as_millis()])
        .map(drop)
}

pub(crate) fn newest(connection: &Connection) -> Result<Option<Timestamp>> {
    let millis = connection
        .query_row(
            "SELECT millis FROM times WHERE name = 'newest'",
            [],
            |row| row.get(0),
        )
        .optional()?;
    Ok(millis.map(Timestamp::from_millis))
}
