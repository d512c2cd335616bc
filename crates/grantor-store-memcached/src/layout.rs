//! The form of a record in memcached: one value of version, expiry and value.

use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use grantor_core::Timestamp;
use grantor_jose::base64url;
use grantor_store::{Entry, Error, Key, Put, Version};

use crate::wire::Expiry;

/// The prefix of the names of all records.
const RECORDS: &str = "grantor:";
/// The prefix of the names of all counts.
const COUNTS: &str = "grantor#";
/// Version and expiry.
const HEAD: usize = 16 + 8;
/// The expiry of a record that has none.
const NEVER: i64 = i64::MAX;
/// How much later than a record is dead memcached drops it: its clock, by which it does, is not ours.
const SLACK: Duration = Duration::from_secs(300);
/// Up to here memcached reads a time as seconds from now.
const RELATIVE: i64 = 60 * 60 * 24 * 30;

/// The name of a record. A name has no spaces, so it is text.
pub(crate) fn name(key: &Key) -> String {
    let mut name = RECORDS.to_owned();
    base64url::encode_into(key.as_bytes(), &mut name);
    name
}

/// The name of the count of a window of so many milliseconds.
pub(crate) fn count_name(key: &Key, length: i64, starts_at: i64) -> String {
    let (length, starts_at) = (length.to_be_bytes(), starts_at.to_be_bytes());
    let mut name = COUNTS.to_owned();
    base64url::encode_into([&length, &starts_at, key.as_bytes()].concat(), &mut name);
    name
}

/// When memcached drops the record that is dead at `at`. It is a length of time where it is known what
/// time it is for the caller, and short enough: a record lives as long as the caller says, whatever the
/// clock of memcached says. Otherwise it is a time since 1970.
pub(crate) fn dropped_at(
    at: Option<Timestamp>,
    now: Option<Timestamp>,
    max_clock_skew: Duration,
) -> Expiry {
    let Some(at) = at else {
        return Expiry::NEVER;
    };
    let at = (at + max_clock_skew + SLACK).as_millis();
    let left = now.map(|now| at.saturating_sub(now.as_millis()).div_euclid(1000) + 1);
    if let Some(left) = left.filter(|left| *left <= RELATIVE) {
        return i32::try_from(left.max(1)).map_or(Expiry::NEVER, Expiry);
    }
    let seconds = at.div_euclid(1000) + 1;
    // What it can't hold, in 2038 and later, is dropped when memory is short.
    let at = i32::try_from(seconds.max(RELATIVE + 1));
    at.map_or(Expiry::NEVER, Expiry)
}

/// How long memcached keeps the count of a window of so many milliseconds: two windows. It is a length
/// of time, so that a count lasts for its window whatever the clock of memcached says.
pub(crate) fn kept_for(length: i64) -> Expiry {
    let seconds = length.saturating_sub(1).div_euclid(1000) + 1;
    if seconds > RELATIVE {
        // What it can't hold is dropped when memory is short.
        return Expiry::NEVER;
    }
    let kept = (seconds * 2).min(RELATIVE);
    i32::try_from(kept).map_or(Expiry::NEVER, Expiry)
}

/// Encodes the stored value of a put.
pub(crate) fn encode(put: &Put) -> Bytes {
    let expires_at = put.expires_at.map_or(NEVER, Timestamp::as_millis);
    let mut bytes = BytesMut::with_capacity(HEAD + put.value.len());
    bytes.put_slice(&put.version.0);
    bytes.put_i64(expires_at);
    bytes.put_slice(&put.value);
    bytes.freeze()
}

pub(crate) fn decode(bytes: &Bytes) -> Result<Entry, Error> {
    let read = || {
        let expires_at = i64::from_be_bytes(bytes.get(16..HEAD)?.try_into().ok()?);
        Some(Entry {
            version: version(bytes)?,
            expires_at: (expires_at != NEVER).then(|| Timestamp::from_millis(expires_at)),
            value: bytes.slice(HEAD..),
        })
    };
    read().ok_or_else(|| Error::corrupt("a record in memcached was not written by grantor"))
}

/// The version of a record.
pub(crate) fn version(bytes: &[u8]) -> Option<Version> {
    bytes.get(..16)?.try_into().ok().map(Version)
}

#[cfg(test)]
mod tests {
    use grantor_store::{Expect, Namespace};

    use super::*;

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let names = Namespace::new("https://id.example");
        for expires_at in [None, Some(Timestamp::from_millis(-1))] {
            let put = Put {
                key: names.key(*b"at", &[0xff; 32]),
                value: Bytes::from_static(b"value"),
                version: Version([7; 16]),
                expires_at,
                expect: Expect::Absent,
            };
            let entry = decode(&encode(&put)).unwrap();
            assert_eq!((entry.value, entry.version), (put.value, put.version));
            assert_eq!(entry.expires_at, expires_at);
            let name = name(&put.key);
            assert!(name.bytes().all(|byte| byte.is_ascii_graphic()), "{name}");
        }
        assert!(
            decode(&Bytes::from_static(&[0; HEAD - 1]))
                .unwrap_err()
                .is_corrupt()
        );
    }

    #[test]
    fn names_of_the_longest_keys_fit() {
        let key = Key::from_bytes(&[0xff; Key::MAX]).unwrap();
        for name in [name(&key), count_name(&key, i64::MAX, i64::MIN)] {
            assert!(name.len() <= 250, "{}", name.len());
        }
    }

    #[test]
    fn times_are_never_read_as_lengths_of_time() {
        let skew = Duration::from_secs(60);
        let at = |seconds| dropped_at(Some(Timestamp::from_secs(seconds)), None, skew).0;
        assert_eq!(at(1_700_000_000), 1_700_000_361);
        // Before February 1970.
        assert_eq!(i64::from(at(-5)), RELATIVE + 1);
        assert_eq!(i64::from(at(1000)), RELATIVE + 1);
        // The largest number that memcached reads, and one more.
        assert_eq!(at(2_147_483_286), i32::MAX);
        assert_eq!(at(2_147_483_287), 0);
        assert_eq!(dropped_at(None, None, skew), Expiry::NEVER);
    }

    #[test]
    fn a_record_is_kept_by_the_callers_clock_where_that_is_known() {
        let (skew, now) = (Duration::from_secs(60), Some(Timestamp::from_secs(1000)));
        let at = |seconds| dropped_at(Some(Timestamp::from_secs(seconds)), now, skew).0;
        assert_eq!(at(1100), 100 + 360 + 1);
        assert_eq!(at(-5000), 1);
        assert_eq!(i64::from(at(1000 + RELATIVE - 361)), RELATIVE);
        // Longer than a length of time may be: a time since 1970.
        assert_eq!(i64::from(at(1000 + RELATIVE - 360)), RELATIVE + 1001);
        assert_eq!(dropped_at(None, now, skew), Expiry::NEVER);
    }

    #[test]
    fn a_count_is_kept_for_longer_than_its_window_and_its_time_is_read_as_a_length() {
        for (millis, seconds) in [
            (1, 2),
            (1000, 2),
            (60_001, 122),
            (RELATIVE * 500, 2_592_000),
            (RELATIVE * 1000, 2_592_000),
            (RELATIVE * 1000 + 1, 0),
            (i64::MAX, 0),
        ] {
            assert_eq!(kept_for(millis), Expiry(seconds), "{millis}");
        }
    }
}
