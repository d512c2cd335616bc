//! The file of the master key, and its mark in a store.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::thread;

use tempfile::TempDir;

use super::*;
use crate::memory::MemoryStore;
use crate::testing::{block_on, environment};

fn open(directory: &Path, store: &Arc<dyn Store>) -> Result<MasterKey, Error> {
    open_in(directory, store, &grantor_http::system())
}

fn open_in(
    directory: &Path,
    store: &Arc<dyn Store>,
    environment: &Environment,
) -> Result<MasterKey, Error> {
    block_on(MasterKey::open(
        directory,
        store,
        Namespace::new("https://issuer.example"),
        environment,
    ))
}

fn memory() -> Arc<dyn Store> {
    Arc::new(MemoryStore::new())
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn names(directory: &Path) -> Vec<String> {
    fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn the_first_start_creates_a_private_file_and_later_ones_read_it() {
    let temp = TempDir::new().unwrap();
    let (directory, store) = (temp.path().join("data"), memory());
    let first = open(&directory, &store).unwrap();
    let second = open(&directory, &store).unwrap();
    assert_eq!(first.bytes, second.bytes);
    assert_eq!(names(&directory), ["master.key"]);
    assert_eq!(
        fs::read(directory.join("master.key")).unwrap(),
        *first.bytes
    );
    assert_eq!(mode(&directory), 0o700);
    assert_eq!(mode(&directory.join("master.key")), 0o600);
}

#[test]
fn a_lost_key_is_never_replaced() {
    let (temp, store) = (TempDir::new().unwrap(), memory());
    open(temp.path(), &store).unwrap();
    fs::remove_file(temp.path().join("master.key")).unwrap();
    let error = open(temp.path(), &store).unwrap_err();
    assert!(error.is_configuration());
    assert!(error.to_string().contains("is missing"), "{error}");
    assert!(names(temp.path()).is_empty());
}

#[test]
fn a_wrong_key_is_refused() {
    let (temp, store) = (TempDir::new().unwrap(), memory());
    open(temp.path(), &store).unwrap();
    fs::write(temp.path().join("master.key"), [1; 32]).unwrap();
    let error = open(temp.path(), &store).unwrap_err();
    assert!(error.is_configuration());
    assert!(error.to_string().contains("another master key"), "{error}");
}

#[test]
fn a_file_that_is_short_or_open_to_others_is_refused() {
    let (temp, store) = (TempDir::new().unwrap(), memory());
    let path = temp.path().join("master.key");
    open(temp.path(), &store).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let error = open(temp.path(), &store).unwrap_err().to_string();
    assert!(error.contains("has mode 0640"), "{error}");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&path, [0; 31]).unwrap();
    let error = open(temp.path(), &store).unwrap_err().to_string();
    assert!(error.contains("32 bytes"), "{error}");
}

#[test]
fn a_directory_that_can_not_be_made_is_a_clear_error() {
    let temp = TempDir::new().unwrap();
    let file = temp.path().join("file");
    fs::write(&file, b"").unwrap();
    let error = open(&file.join("data"), &memory()).unwrap_err();
    assert!(error.is_configuration());
    assert!(error.to_string().contains("master.key can't be"), "{error}");
}

#[test]
fn starts_at_the_same_time_agree_on_one_key() {
    for _ in 0..20 {
        let (temp, store) = (TempDir::new().unwrap(), memory());
        let keys: Vec<_> = thread::scope(|scope| {
            let starts: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| open(temp.path(), &store).unwrap()))
                .collect();
            starts.into_iter().map(|s| s.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| key.bytes == keys[0].bytes));
        assert_eq!(names(temp.path()), ["master.key"]);
    }
}

#[test]
fn a_fingerprint_is_of_one_key_one_kind_and_one_secret() {
    let print = |key, kind, secret: &str| {
        MasterKey::from_bytes([key; 32]).fingerprint(kind, &Secret::from(secret))
    };
    let one = print(1, "client_secret", "hunter2");
    assert_eq!(one, print(1, "client_secret", "hunter2"));
    assert_ne!(one, print(2, "client_secret", "hunter2"));
    assert_ne!(one, print(1, "password", "hunter2"));
    assert_ne!(one, print(1, "client_secret", "hunter3"));
}

#[test]
fn a_key_from_elsewhere_is_checked_too() {
    let (store, namespace) = (memory(), Namespace::new("https://issuer.example"));
    let (_, environment) = environment();
    let check = |byte| {
        let key = MasterKey::from_bytes([byte; 32]);
        block_on(key.check(&store, namespace, &environment))
    };
    check(1).unwrap();
    check(1).unwrap();
    assert!(check(2).unwrap_err().is_configuration());
    assert_eq!(
        format!("{:?}", MasterKey::from_bytes([1; 32])),
        "MasterKey(..)"
    );
}

/// The mark as it was written before there were versions of the layout.
fn mark_of_the_older_layout(store: &Arc<dyn Store>, key: &MasterKey, version: u8) {
    use crate::{Expect, Put, Version};
    let namespace = Namespace::new("https://issuer.example");
    let at = namespace.key(Seal::KIND.letters(), &[]);
    let version = Version([version; 16]);
    let context = grantor_jose::seal::Context {
        kind: b"mk",
        key: at.as_bytes(),
        version: &version.0,
    };
    let put = Put {
        key: at,
        value: key.sealing_key().seal(&context, b"\x01{}").unwrap().into(),
        version,
        expires_at: None,
        expect: Expect::Any,
    };
    let _stored = block_on(store.put(&put)).unwrap();
}

#[test]
fn data_of_the_older_layout_is_refused_by_name_with_what_to_do() {
    let (temp, store) = (TempDir::new().unwrap(), memory());
    let key = open(temp.path(), &store).unwrap();
    mark_of_the_older_layout(&store, &key, 5);
    let error = open(temp.path(), &store).unwrap_err();
    assert!(error.is_configuration());
    let text = error.to_string();
    assert!(text.contains(temp.path().to_str().unwrap()), "{text}");
    assert!(text.contains("move it away and begin anew"), "{text}");
    // Another key is another fault.
    let other = MasterKey::from_bytes([9; 32]);
    mark_of_the_older_layout(&store, &other, 6);
    let error = open(temp.path(), &store).unwrap_err();
    assert!(error.to_string().contains("another master key"), "{error}");
}

#[test]
fn looking_at_what_is_not_there_creates_nothing() {
    let (temp, store) = (TempDir::new().unwrap(), memory());
    let look = |store: &Arc<dyn Store>| {
        let namespace = Namespace::new("https://issuer.example");
        let environment = grantor_http::system();
        let looked = MasterKey::open_existing(temp.path(), store, namespace, &environment);
        block_on(looked)
    };
    assert!(look(&store).unwrap_err().is_configuration());
    assert!(names(temp.path()).is_empty());
    let key = open(temp.path(), &store).unwrap();
    assert_eq!(look(&store).unwrap().bytes, key.bytes);
    let empty = memory();
    assert!(look(&empty).unwrap_err().is_configuration());
    let nothing = crate::key::Key::from_bytes(b"").unwrap();
    let listed = block_on(empty.listing().unwrap().list(&nothing, None, 1)).unwrap();
    assert!(listed.is_empty());
}

#[cfg(feature = "contract")]
#[test]
fn the_formats_of_the_mark_are_pinned() {
    crate::contract::assert_own_formats::<Seal>();
}

#[test]
fn what_is_no_regular_file_is_refused_at_once() {
    let (temp, store) = (TempDir::new().unwrap(), memory());
    let path = temp.path().join("master.key");
    let owner = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    let kind = rustix::fs::FileType::Fifo;
    rustix::fs::mknodat(rustix::fs::CWD, &path, kind, owner, 0).unwrap();
    let error = open(temp.path(), &store).unwrap_err();
    assert!(error.to_string().contains("no regular file"), "{error}");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    let error = open(temp.path(), &store).unwrap_err();
    assert!(error.to_string().contains("no regular file"), "{error}");
}

#[test]
fn the_key_of_another_user_is_refused() {
    let (temp, store) = (TempDir::new().unwrap(), memory());
    open(temp.path(), &store).unwrap();
    // Only root can give a file away, so only root sees this.
    let path = temp.path().join("master.key");
    if std::os::unix::fs::chown(&path, Some(12_345), None).is_err() {
        return;
    }
    let error = open(temp.path(), &store).unwrap_err();
    assert!(error.is_configuration());
    assert!(
        error.to_string().contains("belongs to the user 12345"),
        "{error}"
    );
}

#[test]
fn a_file_with_two_keys_opens_under_both_and_seals_under_the_first() {
    let (temp, store) = (TempDir::new().unwrap(), memory());
    open(temp.path(), &store).unwrap();
    let path = temp.path().join("master.key");
    let old = fs::read(&path).unwrap();
    let new = [5; 32];
    fs::write(&path, [&new[..], &old].concat()).unwrap();
    let both = open(temp.path(), &store).unwrap();
    assert_eq!(*both.bytes, new);
    assert_eq!(both.opens_too.len(), 1);
    // The mark is still sealed under the old one.
    fs::write(&path, new).unwrap();
    assert!(open(temp.path(), &store).unwrap_err().is_configuration());
    fs::write(&path, [&old[..], &new].concat()).unwrap();
    open(temp.path(), &store).unwrap();
    fs::write(&path, [&new[..], &old, &old, &old].concat()).unwrap();
    let error = open(temp.path(), &store).unwrap_err().to_string();
    assert!(error.contains("32 bytes long, or 64"), "{error}");
}
