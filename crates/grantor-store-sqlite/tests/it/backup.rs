//! Backups of a database in use, and what is restored from them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use grantor_core::Timestamp;
use grantor_store::{Expect, Kind, Namespace, Put, Store, Version, kinds};
use grantor_store_sqlite::{Restore, SqliteOptions, SqliteStore, contents_of, restore};
use tempfile::TempDir;

use crate::{block_on, creation, value_of};

fn open(directory: &TempDir) -> SqliteStore {
    let options = SqliteOptions::default().danger_may_lose_last_commits();
    options.open(directory.path().join("grantor.db")).unwrap()
}

fn made_at() -> Timestamp {
    Timestamp::from_secs(1_790_000_000)
}

fn record(kind: Kind) -> Put {
    let namespace = Namespace::new("https://issuer.example");
    Put {
        key: namespace.key(kind.letters(), b"1"),
        value: kind.name().into(),
        version: Version(grantor_http::system().random_bytes()),
        expires_at: None,
        expect: Expect::Any,
    }
}

#[test]
fn a_backup_made_while_others_write_is_whole_and_private() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory);
    // Each pair is written in its order: a backup never has the second alone.
    let (written, over) = (AtomicBool::new(false), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0.. {
                for half in ["first", "second"] {
                    let put = creation(&format!("{half} {number}"));
                    block_on(store.put(&put)).map(drop).unwrap();
                }
                written.store(number > 50, Ordering::Relaxed);
                if over.load(Ordering::Relaxed) {
                    break;
                }
            }
        });
        while !written.load(Ordering::Relaxed) {
            thread::yield_now();
        }
        for number in 0..5 {
            let to = directory.path().join(format!("backup {number}"));
            store.back_up(&to, made_at()).unwrap();
            let backup = SqliteOptions::default().open_read_only(&to).unwrap();
            assert!(value_of(&backup, "second 50").is_some());
            let mut last = 50;
            while value_of(&backup, &format!("second {}", last + 1)).is_some() {
                last += 1;
            }
            assert!(value_of(&backup, &format!("second {}", last + 2)).is_none());
            let mode = fs::metadata(&to).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        over.store(true, Ordering::Relaxed);
    });
    drop(store);
    let mut names: Vec<_> = fs::read_dir(directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort_unstable();
    let backups = (0..5).map(|number| format!("backup {number}"));
    assert_eq!(
        names,
        backups.chain(["grantor.db".to_owned()]).collect::<Vec<_>>()
    );
}

#[test]
fn nothing_is_overwritten() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory);
    let (backup, taken) = (
        directory.path().join("backup"),
        directory.path().join("taken"),
    );
    store.back_up(&backup, made_at()).unwrap();
    fs::write(&taken, "a letter").unwrap();
    let again = store.back_up(&backup, made_at()).unwrap_err();
    let over = restore(&backup, &taken, Restore::KeepGrants).unwrap_err();
    let served = restore(
        &backup,
        directory.path().join("grantor.db"),
        Restore::KeepGrants,
    );
    for error in [again, over, served.unwrap_err()] {
        assert!(error.is_configuration());
        assert!(error.to_string().contains("is there already"), "{error}");
    }
    assert_eq!(fs::read_to_string(&taken).unwrap(), "a letter");
}

#[test]
fn a_restored_database_is_without_grants_unless_they_are_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory);
    let all = [
        kinds::CLIENTS,
        kinds::GRANTS,
        kinds::GRANTS_BY_SUBJECT,
        kinds::ACCESS_TOKENS,
        kinds::SESSIONS,
        kinds::SESSIONS_BY_SUBJECT,
        kinds::ACCOUNTS,
    ];
    for kind in all {
        block_on(store.put(&record(kind))).map(drop).unwrap();
    }
    let backup = directory.path().join("backup");
    let contents = store.back_up(&backup, made_at()).unwrap();
    assert_eq!(contents, contents_of(&backup).unwrap());
    assert_eq!(contents.made_at, Some(made_at()));
    assert_eq!(contents.records.len(), all.len());
    assert!(contents.records.contains(&(kinds::GRANTS, 1)));

    let ended = [
        kinds::GRANTS,
        kinds::GRANTS_BY_SUBJECT,
        kinds::ACCESS_TOKENS,
        kinds::SESSIONS,
        kinds::SESSIONS_BY_SUBJECT,
    ];
    for (what, name) in [(Restore::WithoutGrants, "a"), (Restore::KeepGrants, "b")] {
        let to = directory.path().join(name);
        restore(&backup, &to, what).unwrap();
        let mode = fs::metadata(&to).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        // What is restored is a database of its own, and no backup of that time.
        assert_ne!(contents_of(&to).unwrap().made_at, Some(made_at()));
        let restored = SqliteStore::open(&to).unwrap();
        for kind in all {
            let found = block_on(restored.get(&record(kind).key)).unwrap();
            let gone = what == Restore::WithoutGrants && ended.contains(&kind);
            assert_eq!(found.is_none(), gone, "{kind:?} {what:?}");
        }
    }
}

#[test]
fn what_is_no_backup_is_not_restored() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory);
    for number in 0..100 {
        let put = creation(&format!("{number}"));
        block_on(store.put(&put)).map(drop).unwrap();
    }
    let backup = directory.path().join("backup");
    store.back_up(&backup, made_at()).unwrap();
    let bytes = fs::read(&backup).unwrap();
    let check = |bytes: &[u8], what: &str| {
        fs::write(&backup, bytes).unwrap();
        let to = directory.path().join("restored");
        let error = restore(&backup, &to, Restore::KeepGrants).unwrap_err();
        assert!(
            error.is_corrupt() || error.is_configuration(),
            "{what}: {error:?}"
        );
        assert!(!to.exists(), "{what}");
    };
    check(b"Dear reader, ", "a letter");
    check(&bytes[..bytes.len() / 2], "half of it");
    let mut damaged = bytes.clone();
    let middle = bytes.len() / 2;
    damaged[middle..middle + 2000].fill(0xA5);
    check(&damaged, "a damaged page");
    let missing = directory.path().join("missing");
    let to = directory.path().join("restored");
    assert!(restore(&missing, to, Restore::KeepGrants).is_err());
    assert!(!missing.exists());
}
