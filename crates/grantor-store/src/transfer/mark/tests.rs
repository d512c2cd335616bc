//! Copies that have not ended, and those that came before.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use grantor_core::{BoxFuture, Timestamp};

use super::*;
use crate::capabilities::Capabilities;
use crate::error::Applied;
use crate::kinds::{CLIENTS, Kind};
use crate::master_key::MasterKey;
use crate::memory::MemoryStore;
use crate::store::{Listing, RemoveOutcome};
use crate::testing::{block_on, environment};
use crate::transfer::{Copied, copy};

/// Takes so many puts, then no more.
#[derive(Debug)]
struct Breaks {
    store: MemoryStore,
    after: AtomicUsize,
}

impl Store for Breaks {
    fn capabilities(&self) -> Capabilities {
        self.store.capabilities()
    }

    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        self.store.get(key)
    }

    fn put<'a>(&'a self, put: &'a Put) -> BoxFuture<'a, Result<PutOutcome, Error>> {
        let left = |left: usize| left.checked_sub(1);
        match self
            .after
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, left)
        {
            Ok(_) => self.store.put(put),
            Err(_) => Box::pin(async { Err(Error::unavailable("broken", Applied::No)) }),
        }
    }

    fn remove<'a>(
        &'a self,
        key: &'a Key,
        expect: Expect,
    ) -> BoxFuture<'a, Result<RemoveOutcome, Error>> {
        self.store.remove(key, expect)
    }

    fn listing(&self) -> Option<&dyn Listing> {
        self.store.listing()
    }
}

fn namespace() -> Namespace {
    Namespace::new("https://issuer.example")
}

fn key(kind: Kind, number: u8) -> Key {
    namespace().key(kind.letters(), &[number])
}

fn write(store: &dyn Store, key: Key) {
    let put = Put {
        key,
        value: Bytes::from_static(b"{}"),
        version: Version([7; 16]),
        expires_at: None,
        expect: Expect::Absent,
    };
    assert_eq!(block_on(store.put(&put)).unwrap(), PutOutcome::Stored);
}

fn checked(byte: u8, store: &Arc<dyn Store>) -> Result<(), Error> {
    let key = MasterKey::from_bytes([byte; 32]);
    block_on(key.check(store, namespace(), &environment().1))
}

/// A store under a master key, with three clients.
fn furnished() -> Arc<dyn Store> {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    checked(1, &store).unwrap();
    (0..3).for_each(|number| write(&*store, key(CLIENTS, number)));
    store
}

fn copied(from: &dyn Store, to: &dyn Store) -> Result<Copied, Error> {
    block_on(copy(from, to, Timestamp::from_secs(1), |_| {}))
}

fn is_there(store: &dyn Store, key: Key) -> bool {
    block_on(store.get(&key)).unwrap().is_some()
}

#[test]
fn what_is_not_all_there_is_opened_by_nobody() {
    let from = furnished();
    for after in 1..4 {
        let to = Arc::new(Breaks {
            store: MemoryStore::new(),
            after: AtomicUsize::new(after),
        });
        assert!(copied(&*from, &*to).is_err());
        to.after.store(usize::MAX, Ordering::Relaxed);
        let opened: Arc<dyn Store> = Arc::<Breaks>::clone(&to);
        // With the right key and with a wrong one: the mark that tells them apart is not there yet.
        for byte in [1, 2] {
            let error = checked(byte, &opened).unwrap_err();
            assert!(error.is_configuration(), "{error}");
            assert!(error.to_string().contains("has not ended"), "{error}");
        }
        let error = copied(&*to, &MemoryStore::new()).unwrap_err();
        assert!(error.to_string().contains("has not ended"), "{error}");

        let rest = copied(&*from, &*to).unwrap();
        assert_eq!(rest.written.total() + rest.already_there, 4);
        assert_eq!(rest.already_there, u64::try_from(after - 1).unwrap());
        checked(1, &opened).unwrap();
        assert!(checked(2, &opened).is_err());
        let again = copied(&*from, &*to).unwrap();
        assert_eq!((again.written.total(), again.already_there), (0, 4));
    }
}

#[test]
fn what_was_removed_since_an_earlier_copy_does_not_come_back() {
    let (from, to) = (furnished(), Arc::new(MemoryStore::new()));
    // Those of somebody else are no concern of this copy.
    let other = Namespace::new("https://other.example");
    write(&*to, other.key(CLIENTS.letters(), &[9]));
    copied(&*from, &*to).unwrap();
    let remove = |store: &dyn Store| {
        let removed = block_on(store.remove(&key(CLIENTS, 1), Expect::Any));
        assert_eq!(removed.unwrap(), RemoveOutcome::Removed);
    };
    remove(&*from);
    let error = copied(&*from, &*to).unwrap_err();
    assert!(error.is_configuration());
    assert!(error.to_string().contains("(1 clients)"), "{error}");
    remove(&*to);
    assert_eq!(copied(&*from, &*to).unwrap().already_there, 3);
}

#[test]
fn a_store_under_another_master_key_gets_no_record() {
    let from = furnished();
    let to: Arc<dyn Store> = Arc::new(MemoryStore::new());
    checked(2, &to).unwrap();
    let error = copied(&*from, &*to).unwrap_err();
    assert!(error.to_string().contains("master-key-mark"), "{error}");
    assert!(!is_there(&*to, key(CLIENTS, 0)));
    checked(2, &to).unwrap();
}
