//! Typed records: expiry, pages and sealed values.

mod outcomes;

use grantor_jose::seal::SealingKey;

use super::*;
use crate::memory::MemoryStore;
use crate::store::{Expect, Put, PutOutcome, RemoveOutcome};
use crate::testing::{Code, Fake, SigningKey, block_on, environment, records};

fn records_in(store: Arc<dyn Store>) -> (Arc<Fake>, Records<Code>) {
    let (fake, environment) = environment();
    let namespace = Namespace::new("https://issuer.example");
    let placement = Placement::new(store, namespace, environment);
    (fake, Records::open(&placement).unwrap())
}

fn page(records: &Records<Code>) -> usize {
    let page = block_on(records.page(None, 9)).unwrap().unwrap();
    page.records.len()
}

fn code(text: &str) -> Code {
    Code {
        text: text.to_owned(),
        expires: Some(100),
    }
}

#[test]
fn a_dead_record_reads_as_absent_from_its_expiry_on() {
    let (fake, records) = records::<Code>();
    let key = records.key(b"1");
    block_on(records.create(&key, &code("a"))).unwrap().unwrap();
    fake.set(99);
    assert!(block_on(records.get(&key)).unwrap().is_some());
    assert_eq!(page(&records), 1);
    fake.set(100);
    assert!(block_on(records.get(&key)).unwrap().is_none());
    assert_eq!(page(&records), 0);
}

#[test]
fn a_dead_record_is_taken_over_by_one_creator() {
    let (fake, records) = records::<Code>();
    let key = records.key(b"1");
    block_on(records.create(&key, &code("a"))).unwrap().unwrap();
    assert_eq!(
        block_on(records.create(&key, &code("b"))).unwrap(),
        Err(Conflict)
    );
    fake.set(100);
    let fresh = Code {
        expires: Some(200),
        ..code("c")
    };
    assert!(block_on(records.create(&key, &fresh)).unwrap().is_ok());
    assert_eq!(
        block_on(records.create(&key, &code("d"))).unwrap(),
        Err(Conflict)
    );
    assert_eq!(block_on(records.get(&key)).unwrap().unwrap().record, fresh);
}

#[test]
fn an_update_over_an_old_version_conflicts() {
    let (_, records) = records::<Code>();
    let key = records.key(b"1");
    let first = block_on(records.create(&key, &code("a"))).unwrap().unwrap();
    let second = block_on(records.update(&key, &code("b"), first)).unwrap();
    assert!(second.is_ok());
    assert_eq!(
        block_on(records.update(&key, &code("c"), first)).unwrap(),
        Err(Conflict)
    );
    assert!(block_on(records.remove(&key)).unwrap());
    assert!(!block_on(records.remove(&key)).unwrap());
}

#[test]
fn tells_the_store_the_time_with_every_write() {
    let store = Arc::new(MemoryStore::new());
    let (fake, records) = records_in(Arc::<MemoryStore>::clone(&store));
    for id in 0..20_000_i64 {
        fake.set(id);
        let record = Code {
            expires: Some(id),
            ..code("a")
        };
        let key = records.key(&id.to_be_bytes());
        block_on(records.create(&key, &record)).unwrap().unwrap();
    }
    assert!(store.len() < 2000, "{}", store.len());
}

#[test]
fn a_removal_by_version_spares_what_was_written_since() {
    let (_, records) = records::<Code>();
    let key = records.key(b"1");
    let first = block_on(records.create(&key, &code("a"))).unwrap().unwrap();
    let second = block_on(records.update(&key, &code("b"), first)).unwrap();
    let remove = |version| block_on(records.remove_if(&key, version)).unwrap();
    assert_eq!(remove(first), RemoveOutcome::Conflict);
    assert_eq!(remove(second.unwrap()), RemoveOutcome::Removed);
    assert_eq!(remove(first), RemoveOutcome::Absent);
}

#[test]
fn many_are_read_in_their_order_and_dead_ones_as_absent() {
    let (fake, records) = records::<Code>();
    for text in ["a", "b"] {
        let expires = (text == "a").then_some(100);
        let record = Code {
            expires,
            ..code(text)
        };
        let key = records.key(text.as_bytes());
        block_on(records.create(&key, &record)).unwrap().unwrap();
    }
    let read = || {
        let keys = ["b", "x", "a", "b"].map(|id| records.key(id.as_bytes()));
        let found = block_on(records.get_many(&keys)).unwrap();
        let texts = found
            .into_iter()
            .map(|found| found.map(|code| code.record.text));
        texts.map(Option::unwrap_or_default).collect::<Vec<_>>()
    };
    assert_eq!(read(), ["b", "", "a", "b"]);
    fake.set(100);
    assert_eq!(read(), ["b", "", "", "b"]);
}

#[test]
fn two_kinds_are_read_together_from_one_store_or_two() {
    let shared: Arc<dyn Store> = Arc::new(MemoryStore::new());
    for store in [Arc::clone(&shared), Arc::new(MemoryStore::new())] {
        let (_, codes) = records_in(Arc::clone(&shared));
        let (_, environment) = environment();
        let namespace = Namespace::new("https://issuer.example");
        let sealing_key = SealingKey::new(&[1; 32]);
        let placement = Placement::new(store, namespace, environment).seal_under(sealing_key);
        let keys = Records::<SigningKey>::open(&placement).unwrap();
        let (code_key, signing_key) = (codes.key(b"1"), keys.key(b"1"));
        block_on(codes.overwrite(&code_key, &code("a"))).unwrap();
        let secret = "s".to_owned();
        block_on(keys.overwrite(&signing_key, &SigningKey { secret })).unwrap();
        let (code, key) = block_on(codes.get_with(&code_key, &keys, &signing_key)).unwrap();
        assert_eq!(code.unwrap().record.text, "a");
        assert_eq!(key.unwrap().record.secret, "s");
    }
}

#[test]
fn what_an_older_program_can_not_read_is_refused() {
    let (_, records) = records::<Code>();
    let key = records.key(b"1");
    let stored = |value: &'static [u8]| {
        let put = Put {
            key,
            value: value.into(),
            version: Version([1; 16]),
            expires_at: None,
            expect: Expect::Any,
        };
        let _ = block_on(records.store().remove(&key, Expect::Any)).unwrap();
        let _ = block_on(records.store().put(&put)).unwrap();
        block_on(records.get(&key)).unwrap_err()
    };
    assert!(stored(b"\x02{}").is_newer());
    let damaged = stored(b"\x01{\"text\":\"hunter2\"");
    assert!(damaged.is_corrupt());
    assert!(!format!("{damaged:?}").contains("hunter2"));
    assert!(stored(b"").is_corrupt());
}
