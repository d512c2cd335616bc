//! The keys with a prefix as a range, for databases that compare keys bytewise.

use grantor_store::Key;

/// The keys that begin with `prefix` and come after `after`, as the first one and the first one that
/// is none of them.
#[must_use]
pub fn key_range(prefix: &Key, after: Option<&Key>) -> (Vec<u8>, Vec<u8>) {
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
            assert_eq!(key_range(&prefix, after.as_ref()), expected);
        }
    }
}
