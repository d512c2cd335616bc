//! The contract of a store, on SQLite.

use grantor_store::Store;
use grantor_store::contract::{Alternating, Suite, run};
use grantor_store_sqlite::{SqliteOptions, SqliteStore};

fn suite(store: impl Store) -> Suite {
    Suite::new(store, grantor_http::system())
}

#[test]
fn keeps_the_contract() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("grantor.db");
    let open = move || SqliteStore::open(&path).unwrap();
    assert_eq!(run(|| suite(open()).reopen(open.clone())), Ok(()));
}

#[test]
fn keeps_the_contract_with_the_weaker_durability() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("grantor.db");
    let options = SqliteOptions::default().danger_may_lose_last_commits();
    let open = move || options.open(&path).unwrap();
    assert_eq!(run(|| suite(open()).reopen(open.clone())), Ok(()));
}

#[test]
fn two_stores_on_one_file_keep_the_contract_together() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("grantor.db");
    let options = SqliteOptions::default().danger_may_lose_last_commits();
    let open = || options.open(&path).unwrap();
    assert_eq!(run(|| suite(Alternating::new([open(), open()]))), Ok(()));
}
