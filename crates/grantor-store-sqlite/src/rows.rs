//! Each operation as statements. None of them fails because of an expectation that does not hold,
//! so a conflict undoes nothing else in its transaction.

use bytes::Bytes;
use grantor_core::Timestamp;
use grantor_store::{Entry, Expect, Key, Kind, Put, PutOutcome, RemoveOutcome, Version};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, params};

type Result<T> = rusqlite::Result<T>;

pub(crate) fn get(connection: &Connection, key: &Key) -> Result<Option<Entry>> {
    connection
        .prepare_cached("SELECT version, expires_at, value FROM records WHERE key = ?1")?
        .query_row([key.as_bytes()], |row| entry(row, 0))
        .optional()
}

/// Like [`get`], for several keys at one moment.
pub(crate) fn get_many(connection: &Connection, keys: &[Key]) -> Result<Vec<Option<Entry>>> {
    let moment = connection.unchecked_transaction()?;
    keys.iter().map(|key| get(&moment, key)).collect()
}

/// Records that begin with `prefix`, after `after`.
pub(crate) fn list(
    connection: &Connection,
    prefix: &Key,
    after: Option<&Key>,
    limit: usize,
) -> Result<Vec<(Key, Entry)>> {
    let mut statement = connection.prepare_cached(
        "SELECT version, expires_at, value, key FROM records
         WHERE key >= ?1 AND (?2 IS NULL OR key > ?2) AND (?3 IS NULL OR key < ?3)
         ORDER BY key LIMIT ?4",
    )?;
    // The larger of both lower bounds lets the index start there.
    let from = after.map_or(prefix, |after| after.max(prefix));
    let rows = statement.query_map(
        params![
            from.as_bytes(),
            after.map(Key::as_bytes),
            successor(prefix.as_bytes()),
            i64::try_from(limit).unwrap_or(i64::MAX),
        ],
        |row| {
            let bytes = row.get_ref(3)?.as_blob()?;
            let key = Key::from_bytes(bytes).ok_or_else(|| unreadable(3))?;
            Ok((key, entry(row, 0)?))
        },
    )?;
    rows.collect()
}

pub(crate) fn put(connection: &Connection, put: &Put) -> Result<PutOutcome> {
    let (key, value, version) = (put.key.as_bytes(), &put.value[..], &put.version.0);
    let expires_at = put.expires_at.map(Timestamp::as_millis);
    let written = match put.expect {
        Expect::Version(expected) => connection
            .prepare_cached(
                "UPDATE records SET version = ?2, expires_at = ?3, value = ?4
                 WHERE key = ?1 AND version = ?5",
            )?
            .execute(params![key, version, expires_at, value, expected.0])?,
        Expect::Any => connection
            .prepare_cached(
                "INSERT INTO records (key, version, expires_at, value) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (key) DO UPDATE SET version = ?2, expires_at = ?3, value = ?4",
            )?
            .execute(params![key, version, expires_at, value])?,
        _ => connection
            .prepare_cached(
                "INSERT INTO records (key, version, expires_at, value) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (key) DO NOTHING",
            )?
            .execute(params![key, version, expires_at, value])?,
    };
    if written == 1 || stored_version(connection, &put.key)? == Some(put.version) {
        return Ok(PutOutcome::Stored);
    }
    Ok(PutOutcome::Conflict)
}

pub(crate) fn remove(connection: &Connection, key: &Key, expect: Expect) -> Result<RemoveOutcome> {
    let Some(stored) = stored_version(connection, key)? else {
        return Ok(RemoveOutcome::Absent);
    };
    if !expect.holds(Some(stored)) {
        return Ok(RemoveOutcome::Conflict);
    }
    connection
        .prepare_cached("DELETE FROM records WHERE key = ?1")?
        .execute([key.as_bytes()])?;
    Ok(RemoveOutcome::Removed)
}

/// Looks at the `limit` rows after row `after`, and deletes those that were dead at `dead_since`.
pub(crate) fn sweep(
    connection: &Connection,
    after: i64,
    limit: usize,
    dead_since: Timestamp,
) -> Result<Swept> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let (rows, last): (i64, Option<i64>) = connection
        .prepare_cached(
            "SELECT count(*), max(id)
             FROM (SELECT id FROM records WHERE id > ?1 ORDER BY id LIMIT ?2)",
        )?
        .query_row(params![after, limit], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let deleted = connection
        .prepare_cached("DELETE FROM records WHERE id > ?1 AND id <= ?2 AND expires_at <= ?3")?
        .execute(params![after, last, dead_since.as_millis()])?;
    // Rows that are added while others are looked at must not hold up the next round.
    let last = last.filter(|_| rows == limit);
    Ok(Swept { deleted, last })
}

/// How many records of a kind there are, dead ones included.
pub(crate) fn count(connection: &Connection, kind: Kind) -> Result<u64> {
    let count = "SELECT count(*) FROM records WHERE substr(key, 9, 2) = ?1";
    let found: i64 = connection.query_row(count, [kind.letters()], |row| row.get(0))?;
    Ok(u64::try_from(found).unwrap_or(0))
}

/// How many records there are, dead ones included.
pub(crate) fn count_all(connection: &Connection) -> Result<u64> {
    let found: i64 = connection.query_row("SELECT count(*) FROM records", [], |row| row.get(0))?;
    Ok(u64::try_from(found).unwrap_or(0))
}

/// The result of a part of a sweep.
#[derive(Debug)]
pub(crate) struct Swept {
    pub(crate) deleted: usize,
    /// The last row looked at; none at the end of the table.
    pub(crate) last: Option<i64>,
}

fn stored_version(connection: &Connection, key: &Key) -> Result<Option<Version>> {
    connection
        .prepare_cached("SELECT version FROM records WHERE key = ?1")?
        .query_row([key.as_bytes()], |row| version(row, 0))
        .optional()
}

/// The entry in three columns from `column` on.
fn entry(row: &Row<'_>, column: usize) -> Result<Entry> {
    let expires_at: Option<i64> = row.get(column + 1)?;
    Ok(Entry {
        version: version(row, column)?,
        expires_at: expires_at.map(Timestamp::from_millis),
        value: Bytes::copy_from_slice(row.get_ref(column + 2)?.as_blob()?),
    })
}

fn version(row: &Row<'_>, column: usize) -> Result<Version> {
    let bytes = row.get_ref(column)?.as_blob()?;
    let version = bytes.try_into().map_err(|_| unreadable(column))?;
    Ok(Version(version))
}

fn unreadable(column: usize) -> rusqlite::Error {
    let reason = "not written by grantor".into();
    rusqlite::Error::FromSqlConversionFailure(column, Type::Blob, reason)
}

/// The first byte string after all that begin with `prefix`; none if there is no such string.
fn successor(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != u8::MAX)?;
    let mut next = prefix[..=last].to_vec();
    next[last] += 1;
    Some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_successor_of_a_prefix_ends_its_range() {
        assert_eq!(successor(b""), None);
        assert_eq!(successor(b"\xff\xff"), None);
        assert_eq!(successor(b"ab"), Some(b"ac".to_vec()));
        assert_eq!(successor(b"a\xff"), Some(b"b".to_vec()));
    }
}
