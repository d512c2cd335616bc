//! The work of the store while nobody writes, and the work that a wrong clock must not cause.

use std::fs;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use grantor_core::Timestamp;
use grantor_store::{Expect, Key, Maintenance, Moment, Notice, Store};
use grantor_store_sqlite::{SqliteOptions, SqliteStore};
use rusqlite::Connection;

use crate::{block_on, creation, value_of};

const DAY: i64 = 24 * 3600;
/// The time at which the tests begin.
const START: i64 = 1_790_000_000;

fn open(path: &Path) -> SqliteStore {
    // The file is gone after the test: nothing has to reach the disk.
    let options = SqliteOptions::default().danger_may_lose_last_commits();
    options.open(path).unwrap()
}

/// So many seconds after the start, by a clock that is `ahead` by so many.
fn at(seconds: u64, ahead: i64) -> Moment {
    let now = START + i64::try_from(seconds).unwrap() + ahead;
    Moment {
        now: Timestamp::from_secs(now),
        elapsed: Duration::from_secs(seconds),
    }
}

fn maintain(store: &SqliteStore, moment: Moment) -> Maintenance {
    block_on(store.maintain(moment)).unwrap()
}

fn put(store: &SqliteStore, key: &str, expires_at: i64) {
    let mut put = creation(key);
    put.expires_at = Some(Timestamp::from_secs(expires_at));
    block_on(store.put(&put)).map(drop).unwrap();
}

#[test]
fn an_idle_store_deletes_what_is_dead_and_gives_its_room_back() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("grantor.db");
    let store = open(&path);
    for number in 0..600 {
        let mut put = creation(&format!("short {number}"));
        put.value = Bytes::from(vec![7; 20_000]);
        put.expires_at = Some(Timestamp::from_secs(START + 10));
        block_on(store.put(&put)).map(drop).unwrap();
    }
    put(&store, "live", START + 10 * DAY);
    maintain(&store, at(0, 0));
    let before = fs::metadata(&path).unwrap().len();
    assert!(before > 12_000_000, "{before}");

    let mut deleted = 0;
    for minute in 1..=5 {
        deleted += maintain(&store, at(60 * minute, 0)).deleted;
    }
    // Each of its own transactions deletes some, too, as every write does.
    assert!(deleted > 500, "{deleted}");
    let everything = Key::from_bytes(b"").unwrap();
    let left = block_on(store.listing().unwrap().list(&everything, None, 1000)).unwrap();
    assert_eq!(left.len(), 1);
    assert!(value_of(&store, "live").is_some());
    let after = fs::metadata(&path).unwrap().len();
    assert!(after < before / 8, "{after} of {before}");
}

#[test]
fn a_clock_that_is_ahead_for_a_minute_deletes_nothing_that_lives() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory.path().join("grantor.db"));
    store.observe_time(at(0, 0));
    put(&store, "grant", START + 30 * DAY);
    for second in [10, 40, 70] {
        let ahead = at(second, 60 * DAY);
        store.observe_time(ahead);
        put(&store, &format!("write {second}"), START + 100 * DAY);
        assert_eq!(maintain(&store, ahead).deleted, 0);
    }
    for second in [71, 3599, 3600, 7200] {
        assert_eq!(maintain(&store, at(second, 0)).deleted, 0);
    }
    assert!(value_of(&store, "grant").is_some());
    // Rows that are dead by the right clock are deleted as before.
    let late = at(31 * 24 * 3600, 0);
    assert_eq!(maintain(&store, late).deleted, 1);
}

#[test]
fn a_jump_of_the_clock_is_reported_once() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory.path().join("grantor.db"));
    assert_eq!(maintain(&store, at(0, 0)).notices, []);
    let notices = maintain(&store, at(60, 60 * DAY)).notices;
    let [Notice::ClockJumped { from, to, .. }] = notices[..] else {
        panic!("{notices:?}");
    };
    assert_eq!(to.since(from), Duration::from_secs(60 * 24 * 3600 + 60));
    let text = notices[0].to_string();
    assert!(text.contains("check the machine's clock"), "{text}");
    assert_eq!(maintain(&store, at(120, 60 * DAY)).notices, []);
}

#[test]
fn a_start_after_a_gap_deletes_nothing_for_an_hour() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("grantor.db");
    let store = open(&path);
    store.observe_time(at(0, 0));
    put(&store, "grant", START + 30 * DAY);
    drop(store);

    // The machine starts with its clock ahead. Its monotonic clock begins anew, too.
    let store = open(&path);
    let maintained = maintain(&store, at(5, 60 * DAY));
    assert_eq!(maintained.deleted, 0);
    let restarted = |notice: &Notice| {
        matches!(
            notice,
            Notice::ClockJumped {
                restarted: true,
                ..
            }
        )
    };
    assert!(maintained.notices.iter().any(restarted), "{maintained:?}");
    assert_eq!(maintain(&store, at(5 + 3599, 60 * DAY)).deleted, 0);
    drop(store);

    // It starts again within the hour: the wrong time was not saved.
    let store = open(&path);
    assert_eq!(maintain(&store, at(5, 60 * DAY)).deleted, 0);
    assert!(value_of(&store, "grant").is_some());
    // Nobody corrected the clock for an hour, so it is right.
    assert_eq!(maintain(&store, at(5 + 3600, 60 * DAY)).deleted, 1);
}

#[test]
fn a_log_that_a_foreign_reader_makes_grow_is_reported_and_emptied_when_it_ends() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("grantor.db");
    let store = open(&path);
    put(&store, "first", START + DAY);
    let reader = Connection::open(&path).unwrap();
    reader
        .execute_batch("BEGIN; SELECT count(*) FROM records")
        .unwrap();
    let mut large = creation("large");
    large.expect = Expect::Any;
    let mut grow = |writes: u8| {
        for number in 0..writes {
            // Pages that stay the same are not written.
            large.value = Bytes::from(vec![number; 256 * 1024]);
            large.version.0 = grantor_http::system().random_bytes();
            block_on(store.put(&large)).map(drop).unwrap();
        }
    };
    grow(100);
    assert_eq!(maintain(&store, at(0, 0)).notices, []);
    grow(250);
    let notices = maintain(&store, at(60, 0)).notices;
    let [Notice::LogGrew { bytes }] = notices[..] else {
        panic!("{notices:?}");
    };
    assert!(bytes > 64 * 1024 * 1024, "{bytes}");
    assert_eq!(maintain(&store, at(120, 0)).notices, [], "reported once");

    reader.execute_batch("COMMIT").unwrap();
    maintain(&store, at(180, 0));
    put(&store, "second", START + DAY);
    maintain(&store, at(240, 0));
    let log = fs::metadata(directory.path().join("grantor.db-wal")).unwrap();
    assert!(log.len() <= 64 * 1024 * 1024, "{}", log.len());
    assert_eq!(maintain(&store, at(300, 0)).notices, []);
}

#[test]
fn a_database_whose_pages_never_went_back_is_converted_with_its_records() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("grantor.db");
    drop(open(&path));
    let raw = Connection::open(&path).unwrap();
    // As the first version of the schema was.
    raw.execute_batch(
        "PRAGMA journal_mode = delete;
         DROP TABLE times;
         PRAGMA user_version = 1;
         PRAGMA auto_vacuum = 0;
         VACUUM;
         INSERT INTO records (key, version, value) VALUES (x'61', zeroblob(16), x'62');",
    )
    .unwrap();
    drop(raw);
    let store = open(&path);
    let key = Key::from_bytes(b"a").unwrap();
    assert_eq!(block_on(store.get(&key)).unwrap().unwrap().value, "b");
    drop(store);
    let raw = Connection::open(&path).unwrap();
    let mode: i64 = raw
        .pragma_query_value(None, "auto_vacuum", |row| row.get(0))
        .unwrap();
    assert_eq!(mode, 2);
}
