//! The form of a record in MongoDB: one document.

use std::time::Duration;

use bytes::Bytes;
use grantor_core::Timestamp;
use grantor_store::{Class, Entry, Error, Key, Put, Version};
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, DateTime};
use serde::{Deserialize, Serialize};

/// How much later than a record is dead MongoDB deletes it: its clock, by which it does, is not ours.
const SLACK: Duration = Duration::from_secs(300);

/// A record.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Row {
    /// The key in hexadecimal. MongoDB orders binary keys by their length first; text it orders
    /// bytewise.
    #[serde(rename = "_id")]
    pub(crate) key: String,
    /// The version.
    v: Binary,
    /// The value.
    d: Binary,
    /// When the record is dead.
    e: Option<i64>,
    /// The same, where our sweep deletes the record: what has none is not in the index.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    s: Option<i64>,
    /// When MongoDB deletes the record, where it does.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    x: Option<DateTime>,
}

impl Row {
    pub(crate) fn of(put: &Put, max_clock_skew: Duration) -> Self {
        let by_itself = expires_by_itself(&put.key);
        Self {
            key: id(&put.key),
            v: binary(&put.version.0),
            d: binary(&put.value),
            e: put.expires_at.map(Timestamp::as_millis),
            s: put
                .expires_at
                .filter(|_| !by_itself)
                .map(Timestamp::as_millis),
            x: put
                .expires_at
                .filter(|_| by_itself)
                .map(|at| DateTime::from_millis((at + max_clock_skew + SLACK).as_millis())),
        }
    }

    pub(crate) fn key(&self) -> Result<Key, Error> {
        let digits = self.key.as_bytes().chunks_exact(2);
        let byte = |pair: &[u8]| {
            let pair = std::str::from_utf8(pair).ok()?;
            u8::from_str_radix(pair, 16).ok()
        };
        let bytes: Option<Vec<u8>> = digits.map(byte).collect();
        bytes
            .and_then(|bytes| Key::from_bytes(&bytes))
            .ok_or_else(corrupt)
    }

    pub(crate) fn entry(self) -> Result<Entry, Error> {
        Ok(Entry {
            version: Version(self.v.bytes.try_into().map_err(|_| corrupt())?),
            value: Bytes::from(self.d.bytes),
            expires_at: self.e.map(Timestamp::from_millis),
        })
    }
}

fn corrupt() -> Error {
    Error::corrupt("a record in MongoDB was not written by grantor")
}

/// The identifier of the document of a key.
pub(crate) fn id(key: &Key) -> String {
    hexadecimal(key.as_bytes())
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 15));
    }
    text
}

pub(crate) fn binary(bytes: &[u8]) -> Binary {
    Binary {
        subtype: BinarySubtype::Generic,
        bytes: bytes.to_vec(),
    }
}

/// Returns whether MongoDB deletes records with this key by its own clock. A clock that is wrong
/// costs then what can be fetched again. Everything else is deleted by the clocks of its callers.
fn expires_by_itself(key: &Key) -> bool {
    let kind = key.kind();
    kind.is_some_and(|kind| matches!(kind.class(), Class::Cache | Class::ShortLived))
}

#[cfg(test)]
mod tests {
    use grantor_store::{Expect, Namespace, kinds};

    use super::*;

    fn put(kind: kinds::Kind, expires_at: Option<Timestamp>) -> Put {
        Put {
            key: Namespace::new("https://id.example").key(kind.letters(), b"\0\xff"),
            value: Bytes::from_static(b"value"),
            version: Version([7; 16]),
            expires_at,
            expect: Expect::Absent,
        }
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        for expires_at in [None, Some(Timestamp::from_millis(-1))] {
            let put = put(kinds::GRANTS, expires_at);
            let row = Row::of(&put, Duration::ZERO);
            assert_eq!(row.key().unwrap(), put.key);
            let entry = row.entry().unwrap();
            assert_eq!((entry.value, entry.version), (put.value, put.version));
            assert_eq!(entry.expires_at, expires_at);
        }
        let mut strange = Row::of(&put(kinds::GRANTS, None), Duration::ZERO);
        strange.key = "zz".to_owned();
        strange.v = binary(b"short");
        assert!(strange.key().unwrap_err().is_corrupt());
        assert!(strange.entry().unwrap_err().is_corrupt());
    }

    #[test]
    fn only_what_is_short_lived_expires_by_the_clock_of_mongodb() {
        let at = Timestamp::from_secs(1000);
        for kind in kinds::ALL {
            let row = Row::of(&put(*kind, Some(at)), Duration::from_secs(60));
            let short = matches!(kind.class(), Class::Cache | Class::ShortLived);
            let deleted_at = DateTime::from_millis(1_360_000);
            assert_eq!(row.x, short.then_some(deleted_at), "{kind:?}");
            assert_eq!(row.s, (!short).then_some(1_000_000), "{kind:?}");
        }
        let row = Row::of(&put(kinds::CACHED_TOKENS, None), Duration::ZERO);
        assert_eq!((row.x, row.s, row.e), (None, None, None));
    }
}
