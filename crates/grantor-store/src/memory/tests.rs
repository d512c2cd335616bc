//! The store in memory: when it deletes, and how much it holds.

use bytes::Bytes;

use super::*;
use crate::store::Version;
use crate::testing::block_on;

fn put(id: u64, expires_at: Option<i64>) -> Put {
    let mut version = [0; 16];
    version[..8].copy_from_slice(&id.to_be_bytes());
    Put {
        key: Key::from_bytes(&id.to_be_bytes()).unwrap(),
        value: Bytes::from_static(b"value"),
        version: Version(version),
        expires_at: expires_at.map(Timestamp::from_secs),
        expect: Expect::Absent,
    }
}

/// A moment of a wall clock that never jumped.
fn at(seconds: i64) -> Moment {
    Moment {
        now: Timestamp::from_secs(seconds),
        elapsed: Duration::from_secs(seconds.unsigned_abs()),
    }
}

fn store_all(store: &MemoryStore, ids: std::ops::Range<u64>, expires_at: Option<i64>) {
    for id in ids {
        assert_eq!(
            block_on(store.put(&put(id, expires_at))).unwrap(),
            PutOutcome::Stored
        );
    }
}

#[test]
fn deletes_no_earlier_than_expiry_and_clock_skew() {
    let store = MemoryStore::new();
    store_all(&store, 0..1, Some(100));
    store_all(&store, 1..2, None);
    assert_eq!(store.sweep(Timestamp::from_millis(159_999)), 0);
    assert_eq!(store.sweep(Timestamp::from_secs(160)), 1);
    assert_eq!(store.len(), 1);
    assert_eq!(store.sweep(Timestamp::MAX), 0);
}

#[test]
fn the_clock_skew_allowed_can_be_chosen() {
    let store = MemoryStore::new().with_max_clock_skew(Duration::from_secs(5));
    store_all(&store, 0..1, Some(100));
    assert_eq!(store.sweep(Timestamp::from_secs(104)), 0);
    assert_eq!(store.sweep(Timestamp::from_secs(105)), 1);
}

#[test]
fn stays_as_large_as_what_is_live() {
    let store = MemoryStore::new();
    // 1000 puts a second, each live for 10 s and kept for 60 s more: 70,000 at any time.
    for second in 0..400 {
        store.observe_time(at(second));
        let first = u64::try_from(second).unwrap() * 1000;
        for id in first..first + 1000 {
            let _stored = block_on(store.put(&put(id, Some(second + 10))));
        }
    }
    assert!(store.len() >= 70_000, "{}", store.len());
    assert!(store.len() < 2 * 70_000 + 20_000, "{}", store.len());
}

#[test]
fn never_loses_a_live_record_while_it_collects() {
    let store = MemoryStore::new();
    store_all(&store, 0..1000, None);
    for second in 0..200 {
        store.observe_time(at(second));
        let first = 10_000 + u64::try_from(second).unwrap() * 500;
        for id in first..first + 500 {
            let _stored = block_on(store.put(&put(id, Some(second))));
        }
    }
    assert!(store.len() < 101_000, "nothing was collected");
    for id in 0..1000 {
        let key = Key::from_bytes(&u64::to_be_bytes(id)).unwrap();
        assert!(block_on(store.get(&key)).unwrap().is_some(), "{id}");
    }
}

#[test]
fn a_clock_that_was_ahead_does_no_harm_later() {
    let store = MemoryStore::new();
    store.observe_time(Moment {
        now: Timestamp::MAX,
        elapsed: Duration::ZERO,
    });
    store.observe_time(at(1));
    for id in 0..10_000 {
        let _stored = block_on(store.put(&put(id, Some(100))));
    }
    assert_eq!(store.len(), 10_000);
}

#[test]
fn counts_within_a_window() {
    let store = MemoryStore::new();
    let key = Key::from_bytes(b"limit").unwrap();
    let add = |n, secs| {
        let window = Duration::from_secs(60);
        block_on(store.add(&key, n, window, Timestamp::from_secs(secs))).unwrap()
    };
    assert_eq!(add(1, 0), 1);
    assert_eq!(add(2, 59), 3);
    assert_eq!(add(1, 60), 1);
    assert_eq!(
        add(1, 30),
        4,
        "a late writer still counts in its own window"
    );
    assert_eq!(add(u64::MAX, 61), u64::MAX);
    let no_length = store.add(&key, 7, Duration::ZERO, Timestamp::from_millis(i64::MIN));
    assert_eq!(block_on(no_length).unwrap(), 7);
}

#[test]
fn counts_of_the_past_are_deleted() {
    let store = MemoryStore::new();
    let key = Key::from_bytes(b"limit").unwrap();
    for second in 0..100_000 {
        let _sum = store.add(
            &key,
            1,
            Duration::from_secs(1),
            Timestamp::from_secs(second),
        );
    }
    assert!(lock(&store.find(&key).1.counts).len() < 1000);
}

#[test]
fn a_clock_that_is_ahead_deletes_nothing_that_lives() {
    let store = MemoryStore::new();
    store.observe_time(at(0));
    store_all(&store, 0..1, Some(1000));
    let ahead = |elapsed| Moment {
        now: Timestamp::from_secs(1_000_000),
        elapsed: Duration::from_secs(elapsed),
    };
    store.observe_time(ahead(10));
    for id in 1..5000 {
        let _stored = block_on(store.put(&put(id, Some(2000))));
    }
    let maintained = block_on(store.maintain(ahead(70))).unwrap();
    assert_eq!((maintained.deleted, maintained.notices.len()), (0, 1));
    assert_eq!(store.len(), 5000);
    for _ in 0..SHARDS / SHARDS_A_CALL {
        let _maintained = block_on(store.maintain(ahead(10 + 3600))).unwrap();
    }
    assert_eq!(store.len(), 0, "an hour later it is believed");
}
