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
