//! A store that seals the values of another one.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use grantor_jose::seal::SealingKey;
use grantor_store::contract::run;
use grantor_store::transfer::{self, KindCounts, Resealed};
use grantor_store::{
    Expect, Key, Kind, Listing as _, MemoryStore, Namespace, Put, PutOutcome, SealedStore, Store,
    Version, kinds,
};

use crate::suite;

fn key(byte: u8) -> SealingKey {
    SealingKey::new(&[byte; 32])
}

fn sealed(store: &Arc<MemoryStore>, key: SealingKey) -> SealedStore {
    SealedStore::new(Arc::clone(store) as Arc<dyn Store>, key)
}

/// The memory store never waits.
fn now<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().unwrap()
}

fn names() -> Namespace {
    Namespace::new("https://id.example")
}

fn put(kind: Kind, id: u8, value: &'static str) -> Put {
    Put {
        key: names().key(kind.letters(), &[id]),
        value: Bytes::from_static(value.as_bytes()),
        version: Version([id; 16]),
        expires_at: None,
        expect: Expect::Absent,
    }
}

fn write(store: &dyn Store, put: &Put) {
    assert_eq!(now(store.put(put)).unwrap(), PutOutcome::Stored);
}

fn read(store: &dyn Store, key: &Key) -> Option<Bytes> {
    now(store.get(key)).unwrap().map(|entry| entry.value)
}

#[test]
fn sealed_values_keep_the_contract() {
    let outcome = run(|| {
        let store = sealed(&Arc::default(), key(3));
        suite(store).max_value(SealedStore::MAX_VALUE)
    });
    assert_eq!(outcome, Ok(()));
}

#[test]
fn values_of_every_kind_are_unreadable_where_they_are_kept() {
    let inner = Arc::new(MemoryStore::new());
    let store = sealed(&inner, key(1));
    for (id, kind) in (0..).zip(kinds::ALL) {
        let put = put(*kind, id, "a secret of somebody");
        write(&store, &put);
        let kept = read(&*inner, &put.key).unwrap();
        // Records of these kinds are sealed before they come here.
        let passes = kinds::SEALED.contains(kind);
        assert_eq!(kept == put.value, passes, "{}", kind.name());
        let shows = kept.windows(6).any(|part| part == b"secret");
        assert_eq!(shows, passes, "{}", kind.name());
        assert_eq!(read(&store, &put.key).unwrap(), put.value);
        assert_eq!(now(store.get_many(&[put.key])).unwrap().len(), 1);
    }
    assert_eq!(now(store.count()).unwrap(), Some(kinds::ALL.len() as u64));
}

#[test]
fn a_value_opens_in_its_place_and_under_its_key_alone() {
    let inner = Arc::new(MemoryStore::new());
    let store = sealed(&inner, key(1));
    let grant = put(kinds::GRANTS, 1, "a grant");
    write(&store, &grant);
    let kept = now(inner.get(&grant.key)).unwrap().unwrap();
    let elsewhere = Put {
        key: names().key(kinds::GRANTS.letters(), &[2]),
        value: kept.value,
        ..grant
    };
    write(&*inner, &elsewhere);
    let later = Put {
        key: names().key(kinds::GRANTS.letters(), &[3]),
        version: Version([9; 16]),
        ..elsewhere.clone()
    };
    write(&*inner, &later);
    let plain = put(kinds::GRANTS, 4, "from before");
    write(&*inner, &plain);
    for key in [elsewhere.key, later.key, plain.key] {
        assert!(now(store.get(&key)).unwrap_err().is_corrupt());
    }
    let other = sealed(&inner, key(2));
    let error = now(other.get(&grant.key)).unwrap_err();
    assert!(error.is_corrupt());
    assert!(error.to_string().contains("(grants)"), "{error}");
    let listed = now(other.list(&names().prefix(*b"gr"), None, 10));
    assert!(listed.unwrap_err().is_corrupt());
}

fn numbers(resealed: &Resealed) -> [u64; 3] {
    [&resealed.older, &resealed.newest, &resealed.unreadable].map(KindCounts::total)
}

#[test]
fn the_key_is_replaced_while_old_values_stay_readable() {
    let inner = Arc::new(MemoryStore::new());
    let old = sealed(&inner, key(1));
    let all: Vec<_> = (0..150).map(|id| put(kinds::GRANTS, id, "old")).collect();
    all.iter().for_each(|put| write(&old, put));
    let account = put(kinds::ACCOUNTS, 200, "sealed by its record");
    write(&old, &account);

    let both = sealed(&inner, key(2).opening_also(key(1)));
    let new = put(kinds::CONSENTS, 201, "new");
    write(&both, &new);
    for put in all.iter().chain([&account, &new]) {
        assert_eq!(read(&both, &put.key).unwrap(), put.value);
    }
    let environment = grantor_http::system();
    let resealing = || transfer::reseal_store(&both, names(), kinds::ALL, &environment);
    assert_eq!(numbers(&now(resealing()).unwrap()), [150, 1, 0]);
    assert_eq!(numbers(&now(resealing()).unwrap()), [0, 151, 0]);

    let last = sealed(&inner, key(2));
    for put in all.iter().chain([&account, &new]) {
        assert_eq!(read(&last, &put.key).unwrap(), put.value);
    }
    let kept = now(inner.get(&account.key)).unwrap().unwrap();
    assert_eq!((kept.value, kept.version), (account.value, account.version));
    assert!(now(old.get(&all[0].key)).unwrap_err().is_corrupt());
}

#[test]
fn a_copy_seals_what_was_not() {
    let (from, inner) = (Arc::new(MemoryStore::new()), Arc::new(MemoryStore::new()));
    let grant = put(kinds::GRANTS, 1, "a grant");
    write(&*from, &grant);
    let to = sealed(&inner, key(1));
    let at = grantor_http::system().now();
    let copied = now(transfer::copy(&*from, &to, at, |_| {})).unwrap();
    assert_eq!(copied.written.total(), 1);
    assert_ne!(read(&*inner, &grant.key).unwrap(), grant.value);
    let compared = now(transfer::compare(&*from, &to, at, |_| {})).unwrap();
    assert!(compared.is_equal());
}
