//! Records and rows.

use bytes::Bytes;
use grantor_core::Timestamp;
use grantor_store::{Entry, Error, Key, Version};
use mysql_async::{Row, Value};

/// The record in a row of key, version, expiry and value.
pub(crate) fn record(row: Row) -> Result<(Key, Entry), Error> {
    let columns: Vec<_> = row.unwrap_raw().into_iter().flatten().collect();
    let read = |columns: [Value; 4]| -> Option<(Key, Entry)> {
        let [
            Value::Bytes(key),
            Value::Bytes(version),
            expires_at,
            Value::Bytes(value),
        ] = columns
        else {
            return None;
        };
        let expires_at = match expires_at {
            Value::NULL => None,
            Value::Int(millis) => Some(Timestamp::from_millis(millis)),
            _ => return None,
        };
        let entry = Entry {
            version: Version(version.try_into().ok()?),
            expires_at,
            value: Bytes::from(value),
        };
        Some((Key::from_bytes(&key)?, entry))
    };
    let record = columns.try_into().ok().and_then(read);
    record.ok_or_else(|| Error::corrupt("a row in MySQL was not written by grantor"))
}

/// The version in the first column.
pub(crate) fn version(row: &Row) -> Option<Version> {
    match row.as_ref(0)? {
        Value::Bytes(bytes) => bytes[..].try_into().ok().map(Version),
        _ => None,
    }
}

/// The number in the first column, however the server sends it.
pub(crate) fn number(row: &Row) -> Option<i64> {
    match row.as_ref(0)? {
        Value::Int(number) => Some(*number),
        Value::UInt(number) => i64::try_from(*number).ok(),
        Value::Bytes(digits) => str::from_utf8(digits).ok()?.parse().ok(),
        _ => None,
    }
}
