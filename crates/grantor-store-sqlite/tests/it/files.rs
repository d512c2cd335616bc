//! Paths, modes, and files that are not ours.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use futures_util::FutureExt;
use grantor_store::{Durability, Error, MasterKey, Namespace, Store};
use grantor_store_sqlite::{SqliteOptions, SqliteStore};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::{block_on, creation, value_of};

fn temp() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn error(path: &Path) -> Error {
    SqliteStore::open(path).unwrap_err()
}

#[test]
fn a_new_database_is_private() {
    let directory = temp();
    let path = directory.path().join("grantor.db");
    let store = SqliteStore::open(&path).unwrap();
    block_on(store.put(&creation("a"))).map(drop).unwrap();
    let names = ["grantor.db", "grantor.db-wal", "grantor.db-shm"];
    for name in names {
        let metadata = fs::metadata(directory.path().join(name)).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{name}");
    }
}

#[test]
fn a_folder_that_is_missing_is_named_with_the_remedy() {
    let directory = temp();
    let path = directory.path().join("data/grantor.db");
    let refused = error(&path);
    assert!(refused.is_configuration());
    let text = refused.to_string();
    let parts = [path.to_str().unwrap(), "make its folder first"];
    assert!(parts.iter().all(|part| text.contains(part)), "{text}");
}

#[test]
fn a_database_that_is_open_to_others_is_refused_with_the_remedy() {
    let directory = temp();
    let path = directory.path().join("grantor.db");
    let store = SqliteStore::open(&path).unwrap();
    block_on(store.put(&creation("a"))).map(drop).unwrap();
    for name in ["grantor.db", "grantor.db-wal", "grantor.db-shm"] {
        let file = directory.path().join(name);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        let writing = SqliteStore::open(&path).unwrap_err();
        let reading = SqliteOptions::default().open_read_only(&path).unwrap_err();
        for error in [writing, reading] {
            assert!(error.is_configuration());
            let text = error.to_string();
            assert!(
                text.contains("has mode 0640") && text.contains("chmod 600"),
                "{text}"
            );
            assert!(text.contains(file.to_str().unwrap()), "{text}");
        }
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    }
    SqliteStore::open(&path).unwrap();
}

#[test]
fn a_path_that_is_a_uri_is_a_path() {
    let directory = temp();
    let path = directory.path().join("file:a?mode=memory");
    let store = SqliteStore::open(&path).unwrap();
    block_on(store.put(&creation("a"))).map(drop).unwrap();
    drop(store);
    assert!(value_of(&SqliteStore::open(&path).unwrap(), "a").is_some());
}

#[test]
fn a_path_that_can_not_be_written_is_a_clear_error() {
    let directory = temp();
    let file = directory.path().join("file");
    fs::write(&file, b"").unwrap();
    for path in [
        file.join("grantor.db"),
        directory.path().join("missing").join("grantor.db"),
        directory.path().to_owned(),
    ] {
        let error = error(&path);
        assert!(error.is_configuration(), "{error:?}");
        assert!(
            error.to_string().contains(path.to_str().unwrap()),
            "{error}"
        );
    }
}

#[test]
fn a_file_that_is_not_a_database_is_left_alone() {
    let directory = temp();
    let path = directory.path().join("letter.txt");
    let text = "Dear reader, ".repeat(500);
    fs::write(&path, &text).unwrap();
    let error = error(&path);
    assert!(error.is_configuration());
    assert!(
        error.to_string().contains("not an SQLite database"),
        "{error}"
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn the_database_of_another_program_is_refused() {
    let directory = temp();
    let path = directory.path().join("other.db");
    Connection::open(&path)
        .and_then(|other| other.execute_batch("CREATE TABLE songs (title TEXT)"))
        .unwrap();
    let error = error(&path);
    assert!(error.is_configuration());
    assert!(error.to_string().contains("another program"), "{error}");
}

#[test]
fn a_database_of_a_newer_version_is_refused() {
    let directory = temp();
    let path = directory.path().join("grantor.db");
    drop(SqliteStore::open(&path).unwrap());
    Connection::open(&path)
        .and_then(|raw| raw.pragma_update(None, "user_version", 99))
        .unwrap();
    let error = error(&path);
    assert!(error.is_newer());
    assert!(error.to_string().contains("version 99"), "{error}");
}

#[test]
fn a_damaged_database_is_an_error() {
    let directory = temp();
    let path = directory.path().join("grantor.db");
    drop(SqliteStore::open(&path).unwrap());
    let mut bytes = fs::read(&path).unwrap();
    let length = bytes.len();
    bytes[100..length].fill(0xA5);
    fs::write(&path, bytes).unwrap();
    let error = error(&path);
    assert!(error.is_corrupt(), "{error:?}");
}

#[test]
fn records_outlive_the_store() {
    let directory = temp();
    let path = directory.path().join("grantor.db");
    let store = SqliteStore::open(&path).unwrap();
    block_on(store.put(&creation("a"))).map(drop).unwrap();
    drop(store);
    let store = SqliteStore::open(&path).unwrap();
    assert_eq!(value_of(&store, "a").unwrap(), "a");
}

#[test]
fn the_last_handle_waits_for_what_was_handed_over() {
    let directory = temp();
    let path = directory.path().join("grantor.db");
    let store = SqliteStore::open(&path).unwrap();
    let puts: Vec<_> = (0..100)
        .map(|number| creation(&format!("{number}")))
        .collect();
    for put in &puts {
        // Nobody waits for the answer.
        let _abandoned = store.clone().put(put).now_or_never();
    }
    drop(store);
    let store = SqliteStore::open(&path).unwrap();
    for number in 0..100 {
        assert!(value_of(&store, &number.to_string()).is_some(), "{number}");
    }
}

#[test]
fn declares_the_durability_that_was_asked_for() {
    let directory = temp();
    let declared = |options: SqliteOptions, name| {
        let store = options.open(directory.path().join(name)).unwrap();
        store.capabilities().durability
    };
    assert_eq!(declared(SqliteOptions::default(), "a"), Durability::Disk);
    let weaker = SqliteOptions::default().danger_may_lose_last_commits();
    assert_eq!(declared(weaker, "b"), Durability::Process);
}

#[test]
fn a_wrong_or_lost_master_key_is_refused() {
    let directory = temp();
    let open = || {
        let store = SqliteStore::open(directory.path().join("grantor.db")).unwrap();
        let store: std::sync::Arc<dyn Store> = std::sync::Arc::new(store);
        block_on(MasterKey::open(
            directory.path(),
            &store,
            Namespace::new("https://issuer.example"),
            &grantor_http::system(),
        ))
    };
    open().unwrap();
    open().unwrap();
    let file = directory.path().join("master.key");
    fs::write(&file, [9; 32]).unwrap();
    assert!(
        open()
            .unwrap_err()
            .to_string()
            .contains("another master key")
    );
    fs::remove_file(&file).unwrap();
    assert!(open().unwrap_err().to_string().contains("is missing"));
    assert!(!file.exists());
}
