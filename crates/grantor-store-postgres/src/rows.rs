//! Records and rows.

use bytes::Bytes;
use grantor_core::Timestamp;
use grantor_store::{Entry, Error, Key, Version};
use tokio_postgres::Row;

/// The record in a row of key, version, expiry and value.
pub(crate) fn record(row: &Row) -> Result<(Key, Entry), Error> {
    let read = || -> Option<(Key, Entry)> {
        let expires_at: Option<i64> = row.try_get(2).ok()?;
        let entry = Entry {
            version: version(row, 1)?,
            expires_at: expires_at.map(Timestamp::from_millis),
            value: Bytes::copy_from_slice(row.try_get(3).ok()?),
        };
        Some((Key::from_bytes(row.try_get(0).ok()?)?, entry))
    };
    read().ok_or_else(|| Error::corrupt("a row in PostgreSQL was not written by grantor"))
}

/// The version in a column; none if it is NULL.
pub(crate) fn version(row: &Row, column: usize) -> Option<Version> {
    let bytes: Option<&[u8]> = row.try_get(column).ok()?;
    bytes?.try_into().ok().map(Version)
}
