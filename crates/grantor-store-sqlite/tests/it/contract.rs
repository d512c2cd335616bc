use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use grantor_core::{BoxFuture, Timestamp};
use grantor_store::contract::{Suite, run};
use grantor_store::{
    Capabilities, Entry, Error, Expect, Key, Listing, Put, PutOutcome, RemoveOutcome, Store,
};
use grantor_store_sqlite::{SqliteOptions, SqliteStore};

fn suite(store: impl Store) -> Suite {
    Suite::new(store, grantor_http::system())
}

#[test]
fn keeps_the_contract() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("grantor.db");
    assert_eq!(run(|| suite(SqliteStore::open(&path).unwrap())), Ok(()));
}

#[test]
fn keeps_the_contract_with_the_weaker_durability() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("grantor.db");
    let options = SqliteOptions::default().danger_may_lose_last_commits();
    assert_eq!(run(|| suite(options.open(&path).unwrap())), Ok(()));
}

#[test]
fn two_stores_on_one_file_keep_the_contract_together() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("grantor.db");
    assert_eq!(run(|| suite(Both::open(&path))), Ok(()));
}

/// Every operation goes to the other of two stores that share nothing but the file.
#[derive(Debug)]
struct Both {
    stores: [SqliteStore; 2],
    turn: AtomicUsize,
}

impl Both {
    fn open(path: &Path) -> Self {
        let options = SqliteOptions::default().danger_may_lose_last_commits();
        Self {
            stores: [options.open(path).unwrap(), options.open(path).unwrap()],
            turn: AtomicUsize::new(0),
        }
    }

    fn next(&self) -> &SqliteStore {
        &self.stores[self.turn.fetch_add(1, Ordering::Relaxed) % 2]
    }
}

impl Store for Both {
    fn capabilities(&self) -> Capabilities {
        self.next().capabilities()
    }

    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        self.next().get(key)
    }

    fn put<'a>(&'a self, put: &'a Put) -> BoxFuture<'a, Result<PutOutcome, Error>> {
        self.next().put(put)
    }

    fn remove<'a>(
        &'a self,
        key: &'a Key,
        expect: Expect,
    ) -> BoxFuture<'a, Result<RemoveOutcome, Error>> {
        self.next().remove(key, expect)
    }

    fn observe_time(&self, now: Timestamp) {
        self.next().observe_time(now);
    }

    fn listing(&self) -> Option<&dyn Listing> {
        self.next().listing()
    }
}
