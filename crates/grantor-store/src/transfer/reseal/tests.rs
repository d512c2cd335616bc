//! The master key is replaced while servers read and write.

use std::sync::Arc;

use grantor_core::{BoxFuture, Timestamp};
use serde::{Deserialize, Serialize};

use super::*;
use crate::capabilities::Capabilities;
use crate::key::Namespace;
use crate::kinds;
use crate::master_key::MasterKey;
use crate::memory::MemoryStore;
use crate::record::Record;
use crate::store::{Listing, RemoveOutcome};
use crate::testing::block_on;

const ISSUER: &str = "https://issuer.example";

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Account(String);

impl Record for Account {
    const KIND: Kind = kinds::ACCOUNTS;
    const NAME: &'static str = "an account";
    const SEALED: bool = true;

    fn expires_at(&self) -> Option<Timestamp> {
        Some(Timestamp::from_secs(2_000_000_000))
    }
}

fn master(byte: u8) -> MasterKey {
    MasterKey::from_bytes([byte; 32])
}

/// A process that was started with these keys.
fn process(store: &Arc<dyn Store>, keys: &MasterKey) -> Stores {
    let namespace = Namespace::new(ISSUER);
    let environment = grantor_http::system();
    block_on(keys.check(store, namespace, &environment)).unwrap();
    Stores::new(Arc::clone(store), namespace, environment).seal_under(keys.sealing_key())
}

fn write(stores: &Stores, id: &[u8], name: &str) {
    let records = stores.records::<Account>().unwrap();
    let account = Account(name.to_owned());
    block_on(records.overwrite(&records.key(id), &account)).unwrap();
}

fn read(stores: &Stores, id: &[u8]) -> Option<String> {
    let records = stores.records::<Account>().unwrap();
    let found = block_on(records.get(&records.key(id))).ok()??;
    Some(found.record.0)
}

fn numbers(resealed: &Resealed) -> [u64; 3] {
    [&resealed.older, &resealed.newest, &resealed.unreadable].map(KindCounts::total)
}

#[test]
fn the_key_is_replaced_while_processes_go_on() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let first = process(&store, &master(1));
    for id in 0..150 {
        write(&first, &[id], &format!("user {id}"));
    }
    // One process after the other learns of the new key, and then seals under it.
    let learned = process(&store, &master(1).opening_also(master(2)));
    let sealing = process(&store, &master(2).opening_also(master(1)));
    write(&sealing, &[0], "changed");
    write(&learned, &[1], "changed too");
    assert_eq!(read(&learned, &[0]).unwrap(), "changed");
    assert_eq!(read(&sealing, &[1]).unwrap(), "changed too");
    assert_eq!(read(&first, &[0]), None, "it has not learned of the key");

    let counted = block_on(count_to_reseal(&sealing)).unwrap();
    // The accounts but one, and the mark.
    assert_eq!(numbers(&counted), [150, 1, 0]);
    assert_eq!(block_on(reseal(&sealing)).unwrap(), counted);
    let again = block_on(reseal(&sealing)).unwrap();
    assert_eq!(numbers(&again), [0, 151, 0]);
    assert_eq!(read(&learned, &[9]).unwrap(), "user 9");

    let last = process(&store, &master(2));
    assert_eq!(read(&last, &[1]).unwrap(), "changed too");
    let records = last.records::<Account>().unwrap();
    let entry = block_on(store.get(&records.key(&[9]))).unwrap().unwrap();
    let expected = Account(String::new()).expires_at();
    assert_eq!(entry.expires_at, expected, "as it was");
    let environment = grantor_http::system();
    let refused = block_on(master(1).check(&store, Namespace::new(ISSUER), &environment));
    assert!(refused.unwrap_err().to_string().contains("replaced it"));
}

#[test]
fn another_namespace_and_what_no_key_opens_stay_as_they_are() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let environment = grantor_http::system();
    let other = Stores::new(Arc::clone(&store), Namespace::new("other"), environment);
    let other = other.seal_under(master(9).sealing_key());
    write(&other, &[1], "theirs");
    let lost = process(&store, &master(1));
    write(&lost, &[1], "kept");
    let records = lost.records::<Account>().unwrap();
    let (from, to) = (records.key(&[1]), records.key(&[2]));
    let entry = block_on(store.get(&from)).unwrap().unwrap();
    let moved = Put {
        key: to,
        value: entry.value,
        version: entry.version,
        expires_at: None,
        expect: Expect::Any,
    };
    assert_eq!(block_on(store.put(&moved)).unwrap(), PutOutcome::Stored);
    let both = process(&store, &master(2).opening_also(master(1)));
    let resealed = block_on(reseal(&both)).unwrap();
    assert_eq!(numbers(&resealed), [2, 0, 1]);
    assert_eq!(read(&other, &[1]).unwrap(), "theirs");
    assert_eq!(read(&both, &[1]).unwrap(), "kept");
    let kept = block_on(store.get(&to)).unwrap().unwrap();
    assert_eq!(kept.value, moved.value);
}

/// A store that lists nothing.
#[derive(Debug, Default)]
struct Unlisted(MemoryStore);

impl Store for Unlisted {
    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
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
fn a_key_that_some_lasting_records_need_still_opens_the_store() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let elsewhere: Arc<dyn Store> = Arc::new(Unlisted::default());
    let placed =
        |keys: &MasterKey| process(&store, keys).place(Account::KIND, Arc::clone(&elsewhere));
    write(&placed(&master(1)), &[1], "ann");
    let both = placed(&master(2).opening_also(master(1)));
    let resealed = block_on(reseal(&both)).unwrap();
    assert!(resealed.has_unlisted_that_last());
    assert_eq!(
        numbers(&resealed),
        [0, 0, 0],
        "the mark is not sealed again"
    );
    let environment = grantor_http::system();
    let alone = block_on(master(2).check(&store, Namespace::new(ISSUER), &environment));
    assert!(alone.is_err());
    assert_eq!(read(&both, &[1]).unwrap(), "ann");

    // Caches may be lost.
    let caches = process(&store, &master(2).opening_also(master(1)))
        .place(kinds::UNIQUE_TOKENS, Arc::clone(&elsewhere));
    let resealed = block_on(reseal(&caches)).unwrap();
    assert!(!resealed.has_unlisted_that_last());
    block_on(master(2).check(&store, Namespace::new(ISSUER), &environment)).unwrap();
}

/// A store in which somebody else writes an account right before it is sealed again.
#[derive(Debug)]
struct Busy {
    inner: Arc<dyn Store>,
    writes: std::sync::Mutex<Vec<Put>>,
}

impl Store for Busy {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        self.inner.get(key)
    }

    fn put<'a>(&'a self, put: &'a Put) -> BoxFuture<'a, Result<PutOutcome, Error>> {
        Box::pin(async move {
            let first = self.writes.lock().unwrap().pop();
            if let Some(first) = first {
                assert_eq!(self.inner.put(&first).await.unwrap(), PutOutcome::Stored);
            }
            self.inner.put(put).await
        })
    }

    fn remove<'a>(
        &'a self,
        key: &'a Key,
        expect: Expect,
    ) -> BoxFuture<'a, Result<RemoveOutcome, Error>> {
        self.inner.remove(key, expect)
    }

    fn listing(&self) -> Option<&dyn Listing> {
        self.inner.listing()
    }
}

#[test]
fn what_somebody_writes_meanwhile_is_kept_and_sealed_under_the_newest_key() {
    let inner: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let old = process(&inner, &master(1));
    write(&old, &[1], "before");
    let records = old.records::<Account>().unwrap();
    let key = records.key(&[1]);
    // By a process that still seals under the old key.
    let version = Version([5; 16]);
    let context = sealed_for(b"ac", &key, &version);
    let plain = b"\x01\"meanwhile\"";
    let sealed = master(1).sealing_key().seal(&context, plain).unwrap();
    let meanwhile = Put {
        key,
        value: sealed.into(),
        version,
        expires_at: None,
        expect: Expect::Any,
    };
    let busy: Arc<dyn Store> = Arc::new(Busy {
        inner: Arc::clone(&inner),
        writes: vec![meanwhile].into(),
    });
    let environment = grantor_http::system();
    let stores = Stores::new(busy, Namespace::new(ISSUER), environment);
    let both = master(2).opening_also(master(1));
    block_on(reseal(&stores.seal_under(both.sealing_key()))).unwrap();
    let last = process(&inner, &master(2));
    assert_eq!(read(&last, &[1]).unwrap(), "meanwhile");
}

#[test]
fn a_store_that_can_not_list_is_named() {
    let environment = grantor_http::system();
    let placed: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let stores = Stores::new(placed, Namespace::new(ISSUER), environment);
    let error = block_on(reseal(&stores)).unwrap_err();
    assert!(error.is_configuration(), "there is no key: {error}");
    #[derive(Debug)]
    struct Unlisted(MemoryStore);
    impl Store for Unlisted {
        fn capabilities(&self) -> Capabilities {
            self.0.capabilities()
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
    let stores = stores.place(kinds::ACCOUNTS, Arc::new(Unlisted(MemoryStore::new())));
    let stores = stores.seal_under(master(1).sealing_key());
    let resealed = block_on(reseal(&stores)).unwrap();
    assert_eq!(resealed.unlisted, [kinds::ACCOUNTS]);
}
