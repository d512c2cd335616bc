//! The file store: the contract, and what a folder that others may have touched does to it.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use grantor_core::Timestamp;
use grantor_store::contract::{Alternating, run};
use grantor_store::{
    Class, Durability, Expect, FileOptions, FileStore, Key, Moment, Put, PutOutcome, RemoveOutcome,
    Store, Version,
};
use tempfile::{TempDir, tempdir};

use crate::suite;

/// The folder is gone after the test: nothing has to reach the disk.
fn fast() -> FileOptions {
    FileOptions::default().danger_may_lose_last_writes()
}

pub(crate) fn key(name: &str) -> Key {
    Key::from_bytes(name.as_bytes()).unwrap()
}

/// A creation of the record `name` under a fresh version.
pub(crate) fn creation(name: &str) -> Put {
    Put {
        key: key(name),
        value: Bytes::copy_from_slice(name.as_bytes()),
        version: Version(grantor_http::system().random_bytes()),
        expires_at: None,
        expect: Expect::Absent,
    }
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

fn put(store: &FileStore, name: &str) -> PutOutcome {
    block_on(store.put(&creation(name))).unwrap()
}

pub(crate) fn value_of(store: &FileStore, name: &str) -> Option<Bytes> {
    block_on(store.get(&key(name)))
        .unwrap()
        .map(|entry| entry.value)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// A store with the record "a" in it, and where its file is.
fn with_a_record() -> (TempDir, FileStore, PathBuf) {
    let home = tempdir().unwrap();
    let folder = home.path().join("tokens");
    let store = fast().open(&folder).unwrap();
    assert_eq!(put(&store, "a"), PutOutcome::Stored);
    (home, store, folder.join("61.record"))
}

#[test]
fn keeps_the_contract() {
    let home = tempdir().unwrap();
    let folder = home.path().join("tokens");
    let open = move || fast().open(&folder).unwrap();
    assert_eq!(run(|| suite(open()).reopen(open.clone())), Ok(()));
}

#[test]
fn two_stores_on_one_folder_keep_the_contract_together() {
    let home = tempdir().unwrap();
    let folder = home.path().join("tokens");
    let open = || fast().open(&folder).unwrap();
    assert_eq!(run(|| suite(Alternating::new([open(), open()]))), Ok(()));
}

#[test]
fn carries_every_class_and_says_how_durable_it_is() {
    let home = tempdir().unwrap();
    let open = |options: FileOptions| options.open(home.path().join("tokens")).unwrap();
    let declared = open(FileOptions::default()).capabilities();
    assert_eq!(declared.durability, Durability::Disk);
    assert!(declared.shared);
    for class in [Class::Cache, Class::Transition, Class::Guard] {
        assert_eq!(class.refuses(&declared), None);
    }
    let weaker = open(fast()).capabilities();
    assert_eq!(weaker.durability, Durability::Process);
}

#[test]
fn folder_and_files_are_for_their_owner_only() {
    let (home, _store, record) = with_a_record();
    assert_eq!(mode(&home.path().join("tokens")), 0o700);
    assert_eq!(mode(&record), 0o600);
    let names: Vec<_> = fs::read_dir(home.path().join("tokens")).unwrap().collect();
    assert_eq!(names.len(), 1, "{names:?}");
}

#[test]
fn a_folder_that_is_open_to_others_is_refused() {
    let home = tempdir().unwrap();
    let folder = home.path().join("tokens");
    drop(FileStore::open(&folder).unwrap());
    for wrong in [0o755, 0o770, 0o701, 0o1777] {
        set_mode(&folder, wrong);
        let error = FileStore::open(&folder).unwrap_err();
        assert!(error.is_configuration(), "{error:?}");
        let said = error.to_string();
        assert!(said.contains(&format!("mode {wrong:04o}")), "{said}");
        assert!(said.contains("set it to 0700"), "{said}");
    }
    set_mode(&folder, 0o700);
    FileStore::open(&folder).unwrap();
}

#[test]
fn a_record_that_is_open_to_others_is_refused_until_it_is_written_anew() {
    let (_home, store, record) = with_a_record();
    set_mode(&record, 0o644);
    let error = block_on(store.get(&key("a"))).unwrap_err();
    assert!(error.is_configuration());
    assert!(error.to_string().contains("0600"), "{error}");
    let mut anew = creation("a");
    anew.expect = Expect::Any;
    assert_eq!(block_on(store.put(&anew)).unwrap(), PutOutcome::Stored);
    assert_eq!(value_of(&store, "a").unwrap(), "a");
    assert_eq!(mode(&record), 0o600);
}

#[test]
fn a_link_to_a_folder_and_a_file_are_no_folder() {
    let home = tempdir().unwrap();
    let (folder, link, file) = (
        home.path().join("tokens"),
        home.path().join("link"),
        home.path().join("file"),
    );
    drop(FileStore::open(&folder).unwrap());
    symlink(&folder, &link).unwrap();
    fs::write(&file, b"").unwrap();
    for path in [link, file.clone(), file.join("tokens")] {
        let error = FileStore::open(&path).unwrap_err();
        assert!(error.is_configuration(), "{error:?}");
        assert!(error.to_string().contains("folder"), "{error}");
    }
}

#[test]
fn a_link_in_the_place_of_a_record_is_not_followed() {
    let (home, store, record) = with_a_record();
    let elsewhere = home.path().join("elsewhere");
    fs::rename(&record, &elsewhere).unwrap();
    symlink(&elsewhere, &record).unwrap();
    assert!(block_on(store.get(&key("a"))).unwrap_err().is_corrupt());
    let before = fs::read(&elsewhere).unwrap();
    let mut over = creation("a");
    over.expect = Expect::Any;
    assert_eq!(block_on(store.put(&over)).unwrap(), PutOutcome::Stored);
    assert_eq!(fs::read(&elsewhere).unwrap(), before);
    assert!(fs::symlink_metadata(&record).unwrap().is_file());
}

#[test]
fn a_link_in_the_place_of_a_draft_is_not_followed() {
    let (home, store, record) = with_a_record();
    let elsewhere = home.path().join("elsewhere");
    fs::write(&elsewhere, b"mine").unwrap();
    symlink(&elsewhere, record.with_file_name("draft")).unwrap();
    assert_eq!(put(&store, "b"), PutOutcome::Stored);
    assert_eq!(fs::read(&elsewhere).unwrap(), b"mine");
}

#[test]
fn torn_and_foreign_files_are_corrupt_and_stay() {
    let (_home, store, record) = with_a_record();
    let whole = fs::read(&record).unwrap();
    let too_long = vec![b'x'; Put::MAX_VALUE * 2];
    for bytes in [&b""[..], b"a letter", &whole[..whole.len() - 1], &too_long] {
        fs::write(&record, bytes).unwrap();
        let error = block_on(store.get(&key("a"))).unwrap_err();
        assert!(error.is_corrupt(), "{error:?}");
        assert!(error.to_string().contains("61.record"), "{error}");
        assert!(
            block_on(store.put(&creation("a")))
                .unwrap_err()
                .is_corrupt()
        );
        assert_eq!(fs::read(&record).unwrap(), bytes);
    }
    // Another record's file is no better than a torn one.
    fs::copy(&record, record.with_file_name("62.record")).unwrap();
    fs::write(record.with_file_name("62.record"), &whole).unwrap();
    assert!(block_on(store.get(&key("b"))).unwrap_err().is_corrupt());
    let removed = block_on(store.remove(&key("a"), Expect::Any)).unwrap();
    assert_eq!(removed, RemoveOutcome::Removed);
    assert_eq!(put(&store, "a"), PutOutcome::Stored);
}

#[test]
fn a_folder_and_a_pipe_in_the_place_of_a_record_are_corrupt() {
    let (_home, store, record) = with_a_record();
    fs::remove_file(&record).unwrap();
    fs::create_dir(&record).unwrap();
    assert!(block_on(store.get(&key("a"))).unwrap_err().is_corrupt());
    fs::remove_dir(&record).unwrap();
    let owner = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mkfifoat(rustix::fs::CWD, &record, owner).unwrap();
    assert!(block_on(store.get(&key("a"))).unwrap_err().is_corrupt());
}

#[test]
fn a_newer_format_is_told_from_damage() {
    let (_home, store, record) = with_a_record();
    let mut bytes = fs::read(&record).unwrap();
    bytes[7] = 9;
    fs::write(&record, bytes).unwrap();
    let error = block_on(store.get(&key("a"))).unwrap_err();
    assert!(error.is_newer());
    assert!(error.to_string().contains("format 9"), "{error}");
}

#[test]
fn other_files_in_the_folder_are_left_alone() {
    let (_home, store, record) = with_a_record();
    let letter = record.with_file_name("letter.txt");
    fs::write(&letter, b"Dear reader").unwrap();
    let all = key("");
    let page = store.listing().unwrap().list(&all, None, 10);
    assert_eq!(block_on(page).unwrap().len(), 1);
    block_on(store.sweep(Timestamp::from_secs(1 << 40))).unwrap();
    assert_eq!(fs::read(&letter).unwrap(), b"Dear reader");
}

#[test]
fn records_outlive_the_store_and_the_last_handle_waits_for_them() {
    let home = tempdir().unwrap();
    let store = FileStore::open(home.path().join("tokens")).unwrap();
    for number in 0..50 {
        // Nobody waits for the answer.
        let creation = creation(&number.to_string());
        let _abandoned = store.clone().put(&creation).now_or_never();
    }
    drop(store);
    let store = FileStore::open(home.path().join("tokens")).unwrap();
    for number in 0..50 {
        assert!(value_of(&store, &number.to_string()).is_some(), "{number}");
    }
}

#[test]
fn dead_records_go_beside_the_writes_and_live_ones_stay() {
    let home = tempdir().unwrap();
    let store = fast().open(home.path().join("tokens")).unwrap();
    for number in 0..20 {
        assert_eq!(put(&store, &format!("live {number}")), PutOutcome::Stored);
    }
    // Each lives for 10 s and is kept for 60 s more: 70 of these at any time.
    for second in 0..1000 {
        store.observe_time(Moment {
            now: Timestamp::from_secs(second),
            elapsed: Duration::from_secs(second.unsigned_abs()),
        });
        let mut short = creation(&format!("short {second}"));
        short.expires_at = Some(Timestamp::from_secs(second + 10));
        block_on(store.put(&short)).map(drop).unwrap();
    }
    let count = |prefix| {
        let prefix = key(prefix);
        let page = store.listing().unwrap().list(&prefix, None, 10_000);
        block_on(page).unwrap().len()
    };
    assert_eq!(count("live"), 20);
    let short = count("short");
    assert!((70..300).contains(&short), "{short}");
    let dead = block_on(store.sweep(Timestamp::from_secs(2000))).unwrap();
    assert_eq!((dead, count("")), (short, 20));
}

#[test]
fn whoever_holds_the_lock_for_too_long_is_reported() {
    let (_home, store, record) = with_a_record();
    let folder = fs::File::open(record.parent().unwrap()).unwrap();
    let mut impatient = fast();
    impatient.busy_timeout = Duration::ZERO;
    let other = impatient.open(record.parent().unwrap()).unwrap();
    folder.lock().unwrap();
    let error = block_on(other.put(&creation("b"))).unwrap_err();
    assert!(error.to_string().contains("another process"), "{error}");
    assert_eq!(value_of(&store, "a").unwrap(), "a");
    folder.unlock().unwrap();
    assert_eq!(put(&other, "b"), PutOutcome::Stored);
}
