//! Typed records: expiry, pages and sealed values.

use std::sync::atomic::{AtomicU32, Ordering};

use grantor_core::{BoxFuture, Clock};
use grantor_jose::seal::SealingKey;

use super::*;
use crate::capabilities::Capabilities;
use crate::error::Applied;
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

/// Does what it is asked, then says that nobody knows whether it did, every other time.
#[derive(Debug, Default)]
struct Doubtful(MemoryStore, AtomicU32);

impl Doubtful {
    fn doubt<T>(&self, outcome: Result<T, Error>) -> Result<T, Error> {
        match self.1.fetch_add(1, Ordering::Relaxed) % 2 {
            0 => Err(Error::unavailable("timed out", Applied::Unknown)),
            _ => outcome,
        }
    }
}

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
            self.doubt(outcome)
        })
    }

    fn remove<'a>(
        &'a self,
        key: &'a Key,
        expect: Expect,
    ) -> BoxFuture<'a, Result<RemoveOutcome, Error>> {
        Box::pin(async move {
            let outcome = self.0.remove(key, expect).await;
            self.doubt(outcome)
        })
    }
}

#[test]
fn an_unknown_outcome_is_resolved_by_the_same_put() {
    let (_, records) = records_in(Arc::new(Doubtful::default()));
    let key = records.key(b"1");
    let version = block_on(records.create(&key, &code("a"))).unwrap().unwrap();
    let updated = block_on(records.update(&key, &code("b"), version)).unwrap();
    assert!(updated.is_ok());
    assert!(
        block_on(records.remove(&key)).unwrap(),
        "the first try removed it"
    );
}

/// Loses the answer of the first put, and can't be reached for some time after it.
#[derive(Debug, Default)]
struct Unreachable {
    store: MemoryStore,
    puts: AtomicU32,
    for_puts: u32,
}

impl Store for Unreachable {
    fn capabilities(&self) -> Capabilities {
        self.store.capabilities()
    }

    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        self.store.get(key)
    }

    fn put<'a>(&'a self, put: &'a Put) -> BoxFuture<'a, Result<PutOutcome, Error>> {
        let number = self.puts.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move {
            if (1..=self.for_puts).contains(&number) {
                return Err(Error::unavailable("no connection", Applied::No));
            }
            let outcome = self.store.put(put).await;
            match number {
                0 => Err(Error::unavailable("connection lost", Applied::Unknown)),
                _ => outcome,
            }
        })
    }

    fn remove<'a>(
        &'a self,
        key: &'a Key,
        expect: Expect,
    ) -> BoxFuture<'a, Result<RemoveOutcome, Error>> {
        self.store.remove(key, expect)
    }
}

#[test]
fn a_later_try_that_has_no_effect_says_nothing_of_the_first() {
    for (for_puts, stored) in [(6, true), (u32::MAX, false)] {
        let store = Arc::new(Unreachable {
            for_puts,
            ..Unreachable::default()
        });
        let (_, records) = records_in(store);
        let created = block_on(records.create(&records.key(b"1"), &code("a")));
        match created {
            Ok(outcome) => assert!(stored && outcome.is_ok()),
            Err(error) => assert_eq!((stored, error.applied()), (false, Applied::Unknown)),
        }
    }
}

#[derive(Debug)]
struct NeverSure(AtomicU32);

impl Store for NeverSure {
    fn capabilities(&self) -> Capabilities {
        Capabilities::new("a store out of reach")
    }

    fn get<'a>(&'a self, _key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        Box::pin(async { Ok(None) })
    }

    fn put<'a>(&'a self, _put: &'a Put) -> BoxFuture<'a, Result<PutOutcome, Error>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Box::pin(async { Err(Error::unavailable("timed out", Applied::Unknown)) })
    }

    fn remove<'a>(
        &'a self,
        _key: &'a Key,
        _expect: Expect,
    ) -> BoxFuture<'a, Result<RemoveOutcome, Error>> {
        Box::pin(async { Err(Error::unavailable("timed out", Applied::No)) })
    }
}

#[test]
fn an_outcome_that_stays_unknown_is_said_to_be_so() {
    let store = Arc::new(NeverSure(AtomicU32::new(0)));
    let (_, records) = records_in(Arc::<NeverSure>::clone(&store));
    let key = records.key(b"1");
    let error = block_on(records.create(&key, &code("a"))).unwrap_err();
    assert_eq!(error.applied(), Applied::Unknown);
    assert_eq!(store.0.load(Ordering::Relaxed), 8);
    let error = block_on(records.remove(&key)).unwrap_err();
    assert_eq!(error.applied(), Applied::No);
}

#[test]
fn an_outcome_that_stays_unknown_is_said_to_be_so_at_the_deadline() {
    let store = Arc::new(NeverSure(AtomicU32::new(0)));
    let (fake, records) = records_in(Arc::<NeverSure>::clone(&store));
    let deadline = records.environment().clock.elapsed() + Duration::from_secs(5);
    let patient = records.repeat_until(deadline);
    let error = block_on(patient.create(&records.key(b"1"), &code("a"))).unwrap_err();
    assert_eq!(error.applied(), Applied::Unknown);
    let (tries, pauses) = (store.0.load(Ordering::Relaxed), fake.pauses());
    assert!((25..=60).contains(&tries), "{tries}");
    assert!(
        pauses
            .iter()
            .all(|pause| *pause <= Duration::from_millis(256)),
        "{pauses:?}"
    );
    let paused: Duration = pauses.iter().sum();
    assert!(
        paused >= Duration::from_secs(5) && paused < Duration::from_secs(6),
        "{paused:?}"
    );

    // A deadline that has passed leaves the usual tries.
    let before = store.0.load(Ordering::Relaxed);
    let late = records.repeat_until(Duration::ZERO);
    assert!(block_on(late.create(&records.key(b"2"), &code("a"))).is_err());
    assert_eq!(store.0.load(Ordering::Relaxed) - before, 8);
}

/// Does not answer: each try takes the five seconds after which an adapter gives up.
#[derive(Debug)]
struct Silent(NeverSure, Arc<Fake>);

impl Silent {
    fn pass_five_seconds(&self) {
        let seconds = self.1.elapsed().as_secs() + 5;
        self.1.set(i64::try_from(seconds).unwrap());
    }
}

impl Store for Silent {
    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }

    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        self.0.get(key)
    }

    fn put<'a>(&'a self, put: &'a Put) -> BoxFuture<'a, Result<PutOutcome, Error>> {
        self.pass_five_seconds();
        self.0.put(put)
    }

    fn remove<'a>(
        &'a self,
        _key: &'a Key,
        _expect: Expect,
    ) -> BoxFuture<'a, Result<RemoveOutcome, Error>> {
        self.pass_five_seconds();
        self.0.0.fetch_add(1, Ordering::Relaxed);
        Box::pin(async { Err(Error::unavailable("timed out", Applied::Unknown)) })
    }
}

#[test]
fn a_store_that_does_not_answer_is_asked_again_only_until_the_deadline() {
    let (fake, environment) = environment();
    let store = Arc::new(Silent(NeverSure(AtomicU32::new(0)), Arc::clone(&fake)));
    let namespace = Namespace::new("https://issuer.example");
    let kept: Arc<dyn Store> = Arc::<Silent>::clone(&store);
    let placement = Placement::new(kept, namespace, environment);
    let records = Records::<Code>::open(&placement).unwrap();
    let key = records.key(b"1");
    let tries = |records: &Records<Code>, removes: bool| {
        store.0.0.store(0, Ordering::Relaxed);
        let error = match removes {
            true => block_on(records.remove(&key)).unwrap_err(),
            false => block_on(records.create(&key, &code("a"))).unwrap_err(),
        };
        assert_eq!(error.applied(), Applied::Unknown);
        store.0.0.load(Ordering::Relaxed)
    };
    for removes in [false, true] {
        assert_eq!(tries(&records, removes), 1);
        for (seconds, expected) in [(0, 1), (4, 1), (6, 2), (10, 2), (60, 12)] {
            let deadline = fake.elapsed() + Duration::from_secs(seconds);
            let patient = records.repeat_until(deadline);
            let tries = tries(&patient, removes);
            assert_eq!(tries, expected, "{seconds} s, {removes}");
        }
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
