//! Paths that SQLite would read as something else.

use std::fs;
use std::path::Path;

use grantor_core::Timestamp;
use grantor_store::Store;
use grantor_store_sqlite::{Restore, SqliteOptions, SqliteStore, restore};

use crate::processes::command;
use crate::{block_on, creation, value_of};

/// Paths in the folder of the process, which a test does not change for the others.
#[test]
fn a_path_that_looks_like_a_uri_is_a_path() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = command("strange names", Path::new("file:real.db"));
    let child = child.current_dir(folder.path()).output().unwrap();
    let output = String::from_utf8_lossy(&child.stdout).into_owned();
    assert!(child.status.success(), "{output}");
    let found = fs::read_dir(folder.path()).unwrap();
    let found = found.map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut found: Vec<_> = found.collect();
    found.sort();
    let wanted = [
        ":memory:",
        "file:copy.db",
        "file:real.db",
        "file:restored.db?mode=ro",
    ];
    assert_eq!(found, wanted, "{output}");
    for name in wanted {
        let path = folder.path().join(name);
        let store = SqliteOptions::default().open_read_only(path).unwrap();
        assert_eq!(value_of(&store, "a").unwrap(), "a", "{name}");
    }
}

/// What the process does: it writes, backs up and restores.
pub(crate) fn write_back_up_and_restore(database: &str) {
    for name in [database, ":memory:"] {
        let store = SqliteStore::open(name).unwrap();
        block_on(store.put(&creation("a"))).map(drop).unwrap();
        assert_eq!(value_of(&store, "a").unwrap(), "a");
        if name == database {
            let made_at = Timestamp::from_secs(1_790_000_000);
            store.back_up("file:copy.db", made_at).unwrap();
        }
    }
    restore(
        "file:copy.db",
        "file:restored.db?mode=ro",
        Restore::WithoutGrants,
    )
    .unwrap();
    let reading = SqliteOptions::default().open_read_only(database).unwrap();
    assert_eq!(value_of(&reading, "a").unwrap(), "a");
}
