//! A record as bytes: seven letters and the format; the key behind its length; the version; the
//! expiry in milliseconds behind a byte that says whether there is one; the value; SHA-256 of all
//! that.
//!
//! The sum tells damage, and the key a file that was copied to another place. Neither stops anybody:
//! what must not be forged is sealed.

use bytes::Bytes;
use grantor_core::Timestamp;
use grantor_jose::digest::sha256;

use crate::key::Key;
use crate::store::{Entry, Put, Version};

const LETTERS: &[u8; 7] = b"grantor";
const FORMAT: u8 = 1;
const SUM: usize = 32;

/// The longest record in bytes.
pub(super) const LONGEST: usize = 8 + 1 + Key::MAX + 16 + 9 + Put::MAX_VALUE + SUM;

pub(super) enum Unreadable {
    Damaged,
    Newer(u8),
}

pub(super) fn encode(put: &Put) -> Vec<u8> {
    let key = put.key.as_bytes();
    let mut bytes = Vec::with_capacity(LONGEST - Put::MAX_VALUE + put.value.len());
    bytes.extend_from_slice(LETTERS);
    bytes.push(FORMAT);
    // A key has at most 64 bytes.
    bytes.push(u8::try_from(key.len()).unwrap_or(u8::MAX));
    bytes.extend_from_slice(key);
    bytes.extend_from_slice(&put.version.0);
    bytes.push(put.expires_at.is_some().into());
    let expires_at = put.expires_at.map_or(0, Timestamp::as_millis);
    bytes.extend_from_slice(&expires_at.to_be_bytes());
    bytes.extend_from_slice(&put.value);
    bytes.extend_from_slice(&sha256(&bytes));
    bytes
}

pub(super) fn decode(bytes: &Bytes, key: &Key) -> Result<Entry, Unreadable> {
    parse(bytes, key).unwrap_or(Err(Unreadable::Damaged))
}

fn parse(bytes: &Bytes, key: &Key) -> Option<Result<Entry, Unreadable>> {
    let rest = bytes.strip_prefix(LETTERS)?;
    match rest.split_first()? {
        (&FORMAT, _) => {}
        (&format, _) => return Some(Err(Unreadable::Newer(format))),
    }
    let (body, sum) = bytes.split_last_chunk::<SUM>()?;
    if sha256(body) != *sum {
        return None;
    }
    let (length, rest) = body.get(LETTERS.len() + 1..)?.split_first()?;
    let (written_key, rest) = rest.split_at_checked(usize::from(*length))?;
    if written_key != key.as_bytes() {
        return None;
    }
    let (version, rest) = rest.split_first_chunk()?;
    let (expires, rest) = rest.split_first()?;
    let (millis, value) = rest.split_first_chunk()?;
    let millis = i64::from_be_bytes(*millis);
    Some(Ok(Entry {
        version: Version(*version),
        expires_at: (*expires != 0).then(|| Timestamp::from_millis(millis)),
        value: bytes.slice_ref(value),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Expect;

    fn put(key: &[u8], value: &[u8], expires_at: Option<i64>) -> Put {
        Put {
            key: Key::from_bytes(key).unwrap(),
            value: Bytes::copy_from_slice(value),
            version: Version([7; 16]),
            expires_at: expires_at.map(Timestamp::from_millis),
            expect: Expect::Any,
        }
    }

    #[test]
    fn what_was_encoded_is_read_back() {
        for (key, value, expires_at) in [
            (&b""[..], &b""[..], None),
            (b"k", b"v", Some(-1)),
            (&[0xFF; 64], &[0; 1000], Some(i64::MAX)),
        ] {
            let put = put(key, value, expires_at);
            let entry = decode(&encode(&put).into(), &put.key).ok().unwrap();
            assert_eq!(entry.value, put.value);
            assert_eq!(entry.version, put.version);
            assert_eq!(entry.expires_at, put.expires_at);
        }
    }

    #[test]
    fn every_change_and_every_loss_is_damage() {
        let put = put(b"key", b"value", Some(5));
        let whole = encode(&put);
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            assert!(decode(&changed.into(), &put.key).is_err(), "{at}");
            let short = Bytes::copy_from_slice(&whole[..at]);
            assert!(decode(&short, &put.key).is_err(), "{at}");
        }
        let another = Key::from_bytes(b"kez").unwrap();
        assert!(decode(&whole.into(), &another).is_err());
    }

    #[test]
    fn a_newer_format_is_told_from_damage() {
        let put = put(b"key", b"value", None);
        let mut newer = encode(&put);
        newer[LETTERS.len()] = 2;
        let read = decode(&newer.into(), &put.key);
        assert!(matches!(read, Err(Unreadable::Newer(2))));
    }
}
