//! Tests of the replacement of keys that sign.

use std::time::Duration;

use grantor_core::Timestamp;
use grantor_jose::Algorithm;

use super::record::{KeysRecord, PUBLISHED_AHEAD, SigningKey};
use super::rotation::Removed;
use super::schedule::KeyRules;

const DAY: u64 = 24 * 3600;
const ES256: Algorithm = Algorithm::Es256;

fn rules() -> KeyRules {
    KeyRules {
        algorithm: Some(ES256),
        rotation: Some(Duration::from_secs(30 * DAY)),
        longest_lifetime: Duration::from_secs(300),
        max_clock_skew: Duration::from_secs(60),
    }
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_secs(1_790_000_000) + Duration::from_secs(seconds)
}

fn record() -> KeysRecord {
    KeysRecord {
        signing: vec![SigningKey::generate(ES256, at(0), at(0)).unwrap()],
        mac: Vec::new(),
        purposes: std::collections::BTreeMap::new(),
    }
}

fn ids(record: &KeysRecord) -> Vec<String> {
    let keys = record.signing.iter();
    keys.map(|key| key.parse().unwrap().key_id().to_owned())
        .collect()
}

#[test]
fn the_next_key_is_published_first_and_the_old_one_stays_until_its_last_token_ends() {
    let mut record = record();
    let first = ids(&record).remove(0);
    assert!(record.keep_rules(&rules(), at(0)).unwrap());
    assert!(!record.keep_rules(&rules(), at(30 * DAY - 601)).unwrap());
    assert!(record.keep_rules(&rules(), at(30 * DAY - 600)).unwrap());
    let both = ids(&record);
    assert_eq!((both.len(), &both[0]), (2, &first));
    let active = |record: &KeysRecord, seconds| {
        let key = record.active(ES256, at(seconds)).unwrap();
        key.parse().unwrap().key_id().to_owned()
    };
    assert_eq!(active(&record, 30 * DAY - 1), first);
    assert_eq!(active(&record, 30 * DAY), both[1]);
    let gone = 30 * DAY + 300 + 60 + 600;
    assert!(!record.keep_rules(&rules(), at(gone - 1)).unwrap());
    assert_eq!(ids(&record), both);
    assert!(record.keep_rules(&rules(), at(gone)).unwrap());
    assert_eq!(ids(&record), both[1..]);
}

#[test]
fn a_token_that_was_issued_for_longer_keeps_its_key_for_longer() {
    let mut record = record();
    let long = KeyRules {
        longest_lifetime: Duration::from_secs(7 * DAY),
        ..rules()
    };
    record.keep_rules(&long, at(0)).unwrap();
    record.rotate(at(DAY), ES256, at(DAY), at(DAY)).unwrap();
    // Shorter tokens of today don't end those of before.
    record.keep_rules(&rules(), at(7 * DAY)).unwrap();
    assert_eq!(record.signing.len(), 2);
    record.keep_rules(&rules(), at(9 * DAY)).unwrap();
    assert_eq!(record.signing.len(), 1);
}

#[test]
fn without_a_rotation_nothing_is_replaced_and_another_algorithm_gets_a_key() {
    let mut record = record();
    let never = KeyRules {
        rotation: None,
        ..rules()
    };
    record.keep_rules(&never, at(0)).unwrap();
    assert!(!record.keep_rules(&never, at(3650 * DAY)).unwrap());
    let other = KeyRules {
        algorithm: Some(Algorithm::EdDsa),
        ..never
    };
    assert!(record.keep_rules(&other, at(1)).unwrap());
    assert_eq!(record.signing.len(), 2);
    assert!(!record.keep_rules(&KeyRules::NONE, at(2)).unwrap());
}

/// As when two servers start at once, or the clock ticks during a first start.
#[test]
fn a_key_by_a_clock_that_is_a_little_ahead_is_the_only_one() {
    let mut record = record();
    record.keep_rules(&rules(), at(0)).unwrap();
    let earlier = Timestamp::from_secs(1_790_000_000 - 30);
    assert!(!record.keep_rules(&rules(), earlier).unwrap());
    assert_eq!(record.signing.len(), 1);
    let wrong = Timestamp::from_secs(1_790_000_000 - 24 * 3600);
    assert!(record.keep_rules(&rules(), wrong).unwrap());
    assert_eq!(record.signing.len(), 2);
}

#[test]
fn a_server_that_slept_publishes_ahead_all_the_same() {
    let mut record = record();
    record.keep_rules(&rules(), at(400 * DAY)).unwrap();
    let next = record.next(ES256, at(400 * DAY)).unwrap();
    assert_eq!(next.signs_from(), at(400 * DAY) + PUBLISHED_AHEAD);
}

#[test]
fn rotating_twice_leaves_one_key_waiting() {
    let mut record = record();
    for seconds in [10, 20] {
        record
            .rotate(at(seconds), ES256, at(seconds), at(seconds + 600))
            .unwrap();
        assert_eq!(record.signing.len(), 2);
    }
    record.rotate(at(30), ES256, at(30), at(30)).unwrap();
    assert_eq!(record.active(ES256, at(30)).unwrap().created_at, at(30));
}

/// A rotation that read the time before another one wrote its key, and decides after it.
#[test]
fn a_rotation_with_an_older_time_keeps_a_key_that_signs_at_once() {
    let mut record = record();
    record.rotate(at(10), ES256, at(10), at(10)).unwrap();
    let now = ids(&record).remove(1);
    record.rotate(at(9), ES256, at(9), at(609)).unwrap();
    assert_eq!(record.signing.len(), 3);
    let active = record.active(ES256, at(10)).unwrap();
    assert_eq!(active.parse().unwrap().key_id(), now);
}

/// A process that has not read the record again signs with the key that was next.
#[test]
fn a_rotation_keeps_a_key_published_that_is_about_to_sign() {
    for (seconds, kept) in [(30 * DAY - 30, true), (30 * DAY - 300, false)] {
        for ahead in [0, 600] {
            let mut record = record();
            record.keep_rules(&rules(), at(30 * DAY - 600)).unwrap();
            let next = ids(&record).remove(1);
            let now = at(seconds);
            let signs_from = at(seconds + ahead);
            record.rotate(now, ES256, now, signs_from).unwrap();
            assert_eq!(ids(&record).contains(&next), kept, "{seconds} {ahead}");
            let active = record.active(ES256, signs_from).unwrap();
            assert_eq!(active.created_at, now);
        }
    }
}

#[test]
fn a_key_that_signs_is_removed_with_a_new_one_in_its_place() {
    let mut record = record();
    record.keep_rules(&rules(), at(0)).unwrap();
    record.rotate(at(10), ES256, at(10), at(10)).unwrap();
    let [old, signs] = <[String; 2]>::try_from(ids(&record)).unwrap();
    assert_eq!(record.remove("another", at(20)).unwrap(), None);
    let removed = record.remove(&signs, at(20)).unwrap();
    assert_eq!(removed, Some(Removed::Replaced));
    // Not the old key, which was replaced.
    let active = record.active(ES256, at(20)).unwrap();
    assert_eq!(active.created_at, at(20));
    assert_eq!(active.longest_lifetime(), rules().longest_lifetime);
    let new = active.parse().unwrap().key_id().to_owned();
    assert_eq!(ids(&record), [old.clone(), new.clone()]);
    let removed = record.remove(&old, at(20)).unwrap();
    assert_eq!(removed, Some(Removed::Unused));
    assert_eq!(ids(&record), [new]);
}

#[test]
fn a_key_that_waits_is_removed_and_the_schedule_makes_another() {
    let mut record = record();
    record.keep_rules(&rules(), at(30 * DAY - 600)).unwrap();
    let [signs, next] = <[String; 2]>::try_from(ids(&record)).unwrap();
    let now = at(30 * DAY - 500);
    let removed = record.remove(&next, now).unwrap();
    assert_eq!(removed, Some(Removed::Unused));
    assert_eq!(ids(&record), [signs]);
    assert!(record.keep_rules(&rules(), now).unwrap());
    assert_ne!(ids(&record)[1], next);
}

/// A clock that is ahead made the only key; by this one it does not sign yet.
#[test]
fn no_algorithm_is_left_without_a_key() {
    let mut record = record();
    let only = ids(&record).remove(0);
    let earlier = Timestamp::from_secs(1_700_000_000);
    let removed = record.remove(&only, earlier).unwrap();
    assert_eq!(removed, Some(Removed::Replaced));
    assert!(record.active(ES256, earlier).is_some());
}
