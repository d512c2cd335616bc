//! Looking at a database without touching it.

use std::fs;
use std::path::Path;

use grantor_store::{Applied, Error, Expect, Store};
use grantor_store_sqlite::{SqliteOptions, SqliteStore};
use rusqlite::Connection;

use crate::{block_on, creation, value_of};

fn look(path: &Path) -> Result<SqliteStore, Error> {
    SqliteOptions::default().open_read_only(path)
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort_unstable();
    names
}

#[test]
fn a_mistyped_path_is_an_error_and_nothing_is_made() {
    let directory = tempfile::tempdir().unwrap();
    let error = look(&directory.path().join("grantor.db")).unwrap_err();
    assert!(error.is_configuration());
    assert!(
        error.to_string().contains("there is no database"),
        "{error}"
    );
    assert!(names(directory.path()).is_empty());
}

#[test]
fn a_database_that_nobody_uses_is_read_as_it_lies_there() {
    let directory = tempfile::tempdir().unwrap();
    // A name that means something in a URI.
    let path = directory.path().join("a?mode=rwc#100% of it.db");
    let store = SqliteStore::open(&path).unwrap();
    block_on(store.put(&creation("a"))).map(drop).unwrap();
    drop(store);
    let before = names(directory.path());
    let bytes = fs::read(&path).unwrap();
    let store = look(&path).unwrap();
    assert_eq!(value_of(&store, "a").unwrap(), "a");
    assert_eq!(names(directory.path()), before);
    drop(store);
    assert_eq!(names(directory.path()), before);
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[test]
fn a_database_in_use_is_read_also_while_another_process_writes() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("grantor.db");
    let serving = SqliteStore::open(&path).unwrap();
    block_on(serving.put(&creation("a"))).map(drop).unwrap();
    let writing = Connection::open(&path).unwrap();
    writing.execute_batch("BEGIN IMMEDIATE").unwrap();
    let store = look(&path).unwrap();
    assert_eq!(value_of(&store, "a").unwrap(), "a");
    writing.execute_batch("COMMIT").unwrap();
    // And what comes later.
    block_on(serving.put(&creation("b"))).map(drop).unwrap();
    assert_eq!(value_of(&store, "b").unwrap(), "b");
}

#[test]
fn writes_fail_and_say_why() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("grantor.db");
    drop(SqliteStore::open(&path).unwrap());
    let store = look(&path).unwrap();
    let put = creation("a");
    let failed = [
        block_on(store.put(&put)).map(drop),
        block_on(store.remove(&put.key, Expect::Any)).map(drop),
    ];
    for failed in failed {
        let error = failed.unwrap_err();
        assert_eq!(error.applied(), Applied::No);
        assert!(error.to_string().contains("for reading only"), "{error}");
    }
}
