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

/// The keys that begin with `prefix` and come after `after`, as the first one and the first one that
/// is none of them.
pub(crate) fn range(prefix: &Key, after: Option<&Key>) -> (Vec<u8>, Vec<u8>) {
    let from = match after {
        // Nothing is between a key and the key with a zero behind it.
        Some(after) if after >= prefix => [after.as_bytes(), &[0]].concat(),
        _ => prefix.as_bytes().to_vec(),
    };
    let bytes = prefix.as_bytes();
    let to = match bytes.iter().rposition(|byte| *byte != u8::MAX) {
        Some(last) => {
            let mut next = bytes[..=last].to_vec();
            next[last] += 1;
            next
        }
        // Longer than any key.
        None => vec![u8::MAX; Key::MAX + 1],
    };
    (from, to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_begins_after_a_key_and_ends_with_its_prefix() {
        let key = |bytes: &[u8]| Key::from_bytes(bytes).unwrap();
        let (prefix, all) = (key(b"a\xff"), vec![u8::MAX; 65]);
        for (prefix, after, from, to) in [
            (prefix, None, &b"a\xff"[..], &b"b"[..]),
            (prefix, Some(key(b"a")), b"a\xff", b"b"),
            (prefix, Some(prefix), b"a\xff\0", b"b"),
            (prefix, Some(key(b"a\xff1")), b"a\xff1\0", b"b"),
            (key(b""), None, b"", &all),
            (key(b"\xff"), None, b"\xff", &all),
        ] {
            let expected = (from.to_vec(), to.to_vec());
            assert_eq!(range(&prefix, after.as_ref()), expected);
        }
    }
}
