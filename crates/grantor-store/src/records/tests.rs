use std::sync::atomic::{AtomicU32, Ordering};

use grantor_core::BoxFuture;

use super::*;
use crate::testing::{Code, Fake, block_on, environment};
use crate::{Capabilities, MemoryStore, RemoveOutcome};

fn records_in(store: Arc<dyn Store>) -> (Arc<Fake>, Records<Code>) {
    let (fake, environment) = environment();
    let namespace = Namespace::new("https://issuer.example");
    let records = Records::new(store, namespace, environment).unwrap();
    (fake, records)
}

fn records() -> (Arc<Fake>, Records<Code>) {
    records_in(Arc::new(MemoryStore::new()))
}

fn code(text: &str) -> Code {
    Code {
        text: text.to_owned(),
        expires: Some(100),
    }
}

#[test]
fn a_dead_record_reads_as_absent_from_its_expiry_on() {
    let (fake, records) = records();
    let key = records.key(b"1");
    block_on(records.create(&key, &code("a"))).unwrap().unwrap();
    fake.set(99);
    assert!(block_on(records.get(&key)).unwrap().is_some());
    assert_eq!(block_on(records.list(None, 9)).unwrap().unwrap().len(), 1);
    fake.set(100);
    assert!(block_on(records.get(&key)).unwrap().is_none());
    assert_eq!(block_on(records.list(None, 9)).unwrap().unwrap().len(), 0);
}

#[test]
fn a_dead_record_is_taken_over_by_one_creator() {
    let (fake, records) = records();
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
    let (_, records) = records();
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

/// Writes, then says that nobody knows whether it did, every other time.
#[derive(Debug, Default)]
struct Doubtful(MemoryStore, AtomicU32);

impl Store for Doubtful {
    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }

    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        self.0.get(key)
    }

    fn put<'a>(&'a self, put: &'a Put) -> BoxFuture<'a, Result<PutOutcome, Error>> {
        Box::pin(async move {
            let outcome = self.0.put(put).await;
            match self.1.fetch_add(1, Ordering::Relaxed) % 2 {
                0 => Err(Error::unavailable("timed out", Applied::Unknown)),
                _ => outcome,
            }
        })
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
fn an_unknown_outcome_is_resolved_by_the_same_put() {
    let (_, records) = records_in(Arc::new(Doubtful::default()));
    let key = records.key(b"1");
    let version = block_on(records.create(&key, &code("a"))).unwrap().unwrap();
    let updated = block_on(records.update(&key, &code("b"), version)).unwrap();
    assert!(updated.is_ok());
}

#[test]
fn what_an_older_program_can_not_read_is_refused() {
    let (_, records) = records();
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
