//! Deletion of dead records.

use std::time::Duration;

use grantor_core::Timestamp;
use grantor_store::{Key, Moment, Store};
use grantor_store_sqlite::{SqliteOptions, SqliteStore};

use crate::{block_on, creation};

fn open(directory: &tempfile::TempDir) -> SqliteStore {
    // The file is gone after the test: nothing has to reach the disk.
    let options = SqliteOptions::default().danger_may_lose_last_commits();
    options.open(directory.path().join("grantor.db")).unwrap()
}

fn put(store: &SqliteStore, key: &str, expires_at: Option<i64>) {
    let mut put = creation(key);
    put.expires_at = expires_at.map(Timestamp::from_secs);
    block_on(store.put(&put)).map(drop).unwrap();
}

fn count(store: &SqliteStore, prefix: &str) -> usize {
    let prefix = Key::from_bytes(prefix.as_bytes()).unwrap();
    let page = store.listing().unwrap().list(&prefix, None, 100_000);
    block_on(page).unwrap().len()
}

#[test]
fn dead_records_go_beside_the_writes_and_live_ones_stay() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory);
    for number in 0..50 {
        put(&store, &format!("live {number}"), None);
    }
    // Each lives for 10 s and is kept for 60 s more: 70 of these at any time.
    for second in 0..2000 {
        store.observe_time(Moment {
            now: Timestamp::from_secs(second),
            elapsed: Duration::from_secs(second.unsigned_abs()),
        });
        put(&store, &format!("short {second}"), Some(second + 10));
    }
    assert_eq!(count(&store, "live"), 50);
    let short = count(&store, "short");
    assert!((70..300).contains(&short), "{short}");
}

#[test]
fn nothing_goes_before_expiry_and_clock_skew() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory);
    put(&store, "dead", Some(100));
    put(&store, "live", Some(200));
    assert_eq!(
        block_on(store.sweep(Timestamp::from_millis(159_999))).unwrap(),
        0
    );
    assert_eq!(block_on(store.sweep(Timestamp::from_secs(160))).unwrap(), 1);
    assert_eq!((count(&store, "dead"), count(&store, "live")), (0, 1));
}

#[test]
fn a_sweep_goes_through_every_row() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory);
    for number in 0..1000 {
        put(&store, &format!("{number}"), (number % 3 == 0).then_some(1));
    }
    let deleted = block_on(store.sweep(Timestamp::from_secs(1000))).unwrap();
    assert_eq!(deleted, 334);
    assert_eq!(count(&store, ""), 666);
}
