//! Records on their way between stores in memory.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use grantor_core::{BoxFuture, Timestamp};

use super::*;
use crate::capabilities::Capabilities;
use crate::error::Error;
use crate::key::{Key, Namespace};
use crate::kinds;
use crate::memory::MemoryStore;
use crate::store::{Entry, Expect, Put, PutOutcome, RemoveOutcome, Store, Version};

const NOW: Timestamp = Timestamp::from_secs(1_000_000);

fn now<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("memory answers at once")
}

fn key(kind: kinds::Kind, number: u8) -> Key {
    Namespace::new("grantor").key(kind.letters(), &[number])
}

/// Writes a record whose version is made of its value.
fn write(store: &dyn Store, key: Key, value: u8, expires_at: Option<i64>) {
    let put = Put {
        key,
        value: Bytes::from(vec![value]),
        version: Version([value; 16]),
        expires_at: expires_at.map(Timestamp::from_secs),
        expect: Expect::Any,
    };
    assert_eq!(now(store.put(&put)).unwrap(), PutOutcome::Stored);
}

/// A store with 250 grants, 3 clients, and a session that expired long ago and one that just did.
fn furnished() -> MemoryStore {
    let store = MemoryStore::new();
    for number in 0..250 {
        write(&store, key(kinds::GRANTS, number), number, Some(2_000_000));
    }
    for number in 0..3 {
        write(&store, key(kinds::CLIENTS, number), number, None);
    }
    write(&store, key(kinds::SESSIONS, 0), 0, Some(999_940));
    write(&store, key(kinds::SESSIONS, 1), 1, Some(999_941));
    store
}

fn counts(counts: &KindCounts) -> Vec<(&'static str, u64)> {
    counts.iter().collect()
}

fn copied(from: &dyn Store, to: &dyn Store) -> Result<Copied, Error> {
    now(copy(from, to, NOW, |_| {}))
}

fn compared(from: &dyn Store, to: &dyn Store) -> Comparison {
    now(compare(from, to, NOW, |_| {})).unwrap()
}

#[test]
fn everything_alive_is_copied_as_it_is() {
    let (from, to) = (furnished(), MemoryStore::new());
    let mut steps = Vec::new();
    let done = now(copy(&from, &to, NOW, |so_far| {
        steps.push(so_far.written.total())
    }))
    .unwrap();
    let expected = [("clients", 3), ("grants", 250), ("sessions", 1)];
    assert_eq!(counts(&done.written), expected);
    assert_eq!((done.already_there, done.dead), (0, 1));
    assert!(steps.len() > 1 && steps.is_sorted(), "{steps:?}");
    let read = |store: &MemoryStore| now(store.get(&key(kinds::GRANTS, 7))).unwrap();
    assert_eq!(read(&to), read(&from));
    let comparison = compared(&from, &to);
    assert!(comparison.is_equal() && comparison.equal.total() == 254);
}

#[test]
fn a_copy_goes_on_after_an_interruption() {
    let (from, to) = (furnished(), MemoryStore::new());
    for number in 0..3 {
        write(&to, key(kinds::CLIENTS, number), number, None);
    }
    let done = copied(&from, &to).unwrap();
    assert_eq!((done.written.total(), done.already_there), (251, 3));
    let again = copied(&from, &to).unwrap();
    assert_eq!((again.written.total(), again.already_there), (0, 254));
}

#[test]
fn another_record_in_the_target_is_not_overwritten() {
    let (from, to) = (furnished(), MemoryStore::new());
    write(&to, key(kinds::GRANTS, 7), 8, None);
    let error = copied(&from, &to).unwrap_err();
    assert!(error.is_configuration());
    assert!(
        error.to_string().contains("another record of grants"),
        "{error}"
    );
    let kept = now(to.get(&key(kinds::GRANTS, 7))).unwrap();
    assert_eq!(kept.map(|entry| entry.value), Some(Bytes::from(vec![8])));
}

#[test]
fn a_comparison_finds_every_difference() {
    let (from, to) = (furnished(), MemoryStore::new());
    copied(&from, &to).unwrap();
    write(&to, key(kinds::CLIENTS, 0), 9, None);
    for gone in [key(kinds::GRANTS, 0), key(kinds::SESSIONS, 1)] {
        let removed = now(to.remove(&gone, Expect::Any)).unwrap();
        assert_eq!(removed, RemoveOutcome::Removed);
    }
    write(&to, key(kinds::ACCOUNTS, 0), 0, None);
    // Dead ones are no difference.
    write(&to, key(kinds::ACCOUNTS, 1), 0, Some(1));
    let comparison = compared(&from, &to);
    assert!(!comparison.is_equal());
    assert_eq!(counts(&comparison.different), [("clients", 1)]);
    assert_eq!(
        counts(&comparison.missing),
        [("grants", 1), ("sessions", 1)]
    );
    assert_eq!(counts(&comparison.extra), [("accounts", 1)]);
    assert_eq!(comparison.equal.total(), 251);
}

#[test]
fn dead_records_are_removed_and_no_others() {
    let store = furnished();
    let dead = now(count_dead(&store, NOW)).unwrap();
    assert_eq!(counts(&dead), [("sessions", 1)]);
    assert_eq!(now(collect_dead(&store, NOW)).unwrap(), dead);
    assert_eq!(now(count_dead(&store, NOW)).unwrap().total(), 0);
    assert_eq!(compared(&furnished(), &store).equal.total(), 254);
}

/// A store that drops records when its memory is short, and lists none.
#[derive(Debug)]
struct Evicting(MemoryStore);

impl Store for Evicting {
    fn capabilities(&self) -> Capabilities {
        Capabilities::new("a cache").may_evict()
    }

    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        self.0.get(key)
    }

    fn put<'a>(&'a self, put: &'a Put) -> BoxFuture<'a, Result<PutOutcome, Error>> {
        self.0.put(put)
    }

    fn remove<'a>(
        &'a self,
        key: &'a Key,
        expect: Expect,
    ) -> BoxFuture<'a, Result<RemoveOutcome, Error>> {
        self.0.remove(key, expect)
    }
}

#[test]
fn a_target_that_would_lose_records_gets_none() {
    let to = Arc::new(Evicting(MemoryStore::new()));
    let error = copied(&furnished(), &*to).unwrap_err();
    assert!(error.to_string().contains("a cache may evict"), "{error}");
    assert_eq!(now(to.get(&key(kinds::CLIENTS, 0))).unwrap(), None);
    let error = now(count_dead(&*to, NOW)).unwrap_err();
    assert!(error.to_string().contains("can't list"), "{error}");
}
