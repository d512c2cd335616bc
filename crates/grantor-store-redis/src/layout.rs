//! The form of a record in Redis: one string of version, expiry and value.

use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use grantor_core::Timestamp;
use grantor_store::{Class, Entry, Error, Key, Put, Version};

use crate::slots::crc16;

/// The prefix of the names of all records.
pub(crate) const RECORDS: &[u8] = b"grantor:";
/// The prefix of the names of all counts.
pub(crate) const COUNTS: &[u8] = b"grantor#";
/// The name of the newest time that a store was given and believed.
pub(crate) const NEWEST: &str = "grantor.newest";

/// Four digits in braces.
const TAG: usize = 6;
/// Version and expiry.
pub(crate) const HEAD: usize = 16 + 8;
/// The expiry of a record that has none.
const NEVER: i64 = i64::MAX;
/// How much later than a record is dead Redis deletes it: its clock, by which it does, is not ours.
pub(crate) const SLACK: Duration = Duration::from_secs(300);

/// How many bytes of a key say whose record it is and of which kind; then comes what it is of.
const OF: usize = 8 + 2;

/// The names of records.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Names {
    /// A cluster puts into one slot what has the same text in braces.
    pub(crate) cluster: bool,
}

impl Names {
    /// The name of a record. In a cluster, records of several kinds that belong together (a request
    /// of a device, the pace of its polls, the grant it leads to) are in one slot: they have the
    /// same identifier.
    pub(crate) fn name(self, key: &Key) -> Vec<u8> {
        let bytes = key.as_bytes();
        if !self.cluster {
            return [RECORDS, bytes].concat();
        }
        let identifier = bytes.get(OF..).filter(|rest| !rest.is_empty());
        let tag = format!("{{{:04x}}}", crc16(identifier.unwrap_or(bytes)));
        [RECORDS, tag.as_bytes(), bytes].concat()
    }

    /// The key that a name is of.
    pub(crate) fn key(self, name: &[u8]) -> Option<Key> {
        let rest = name.strip_prefix(RECORDS)?;
        match self.cluster {
            true => Key::from_bytes(rest.get(TAG..)?),
            false => Key::from_bytes(rest),
        }
    }
}

/// Encodes the stored string of a put.
pub(crate) fn encode(put: &Put) -> Bytes {
    let expires_at = put.expires_at.map_or(NEVER, Timestamp::as_millis);
    let mut bytes = BytesMut::with_capacity(HEAD + put.value.len());
    bytes.put_slice(&put.version.0);
    bytes.put_i64(expires_at);
    bytes.put_slice(&put.value);
    bytes.freeze()
}

pub(crate) fn decode(bytes: Vec<u8>) -> Result<Entry, Error> {
    let bytes = Bytes::from(bytes);
    let read = || {
        let version = bytes.get(..16)?.try_into().ok()?;
        Some(Entry {
            version: Version(version),
            expires_at: expiry(&bytes)?,
            value: bytes.slice(HEAD..),
        })
    };
    read().ok_or_else(|| Error::corrupt("a record in Redis was not written by grantor"))
}

/// When a record is dead, by its first bytes; none if they are too few.
pub(crate) fn expiry(bytes: &[u8]) -> Option<Option<Timestamp>> {
    let millis = i64::from_be_bytes(bytes.get(16..HEAD)?.try_into().ok()?);
    Some((millis != NEVER).then(|| Timestamp::from_millis(millis)))
}

/// Returns whether Redis deletes records with this key by its own clock. A clock that is wrong
/// costs then what can be fetched again. Everything else is deleted by the clocks of its callers.
pub(crate) fn expires_by_itself(key: &Key) -> bool {
    let kind = key.kind();
    kind.is_some_and(|kind| matches!(kind.class(), Class::Cache | Class::ShortLived))
}

#[cfg(test)]
mod tests {
    use grantor_store::{Expect, Namespace, kinds};

    use super::*;
    use crate::slots::slot;

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let names = Namespace::new("https://id.example");
        for expires_at in [
            None,
            Some(Timestamp::from_millis(-1)),
            Some(Timestamp::from_secs(9)),
        ] {
            let put = Put {
                key: names.key(*b"gr", b"1"),
                value: Bytes::from_static(b"value"),
                version: Version([7; 16]),
                expires_at,
                expect: Expect::Absent,
            };
            let entry = decode(encode(&put).to_vec()).unwrap();
            assert_eq!((entry.value, entry.version), (put.value, put.version));
            assert_eq!(entry.expires_at, expires_at);
            for cluster in [false, true] {
                let names = Names { cluster };
                assert_eq!(names.key(&names.name(&put.key)), Some(put.key));
            }
        }
        assert!(decode(vec![0; HEAD - 1]).unwrap_err().is_corrupt());
    }

    #[test]
    fn what_belongs_together_is_in_one_slot_and_the_rest_is_spread() {
        let (issuer, names) = (
            Namespace::new("https://id.example"),
            Names { cluster: true },
        );
        let slot_of = |kind: kinds::Kind, id: u32| {
            slot(&names.name(&issuer.key(kind.letters(), &id.to_be_bytes())))
        };
        let mut thirds = [0; 3];
        for id in 0..3000 {
            let grant = slot_of(kinds::GRANTS, id);
            assert_eq!(slot_of(kinds::DEVICE_AUTHORIZATIONS, id), grant);
            assert_eq!(slot_of(kinds::DEVICE_POLLS, id), grant);
            thirds[usize::from(grant) * 3 / 16384] += 1;
        }
        assert!(thirds.iter().all(|count| *count > 800), "{thirds:?}");
    }

    #[test]
    fn only_what_is_short_lived_expires_by_the_clock_of_redis() {
        let names = Namespace::new("https://id.example");
        for kind in kinds::ALL {
            let short = matches!(kind.class(), Class::Cache | Class::ShortLived);
            assert_eq!(expires_by_itself(&names.key(kind.letters(), b"1")), short);
        }
        assert!(!expires_by_itself(&names.key(*b"??", b"1")));
        assert!(!expires_by_itself(&Key::from_bytes(b"at").unwrap()));
    }
}
