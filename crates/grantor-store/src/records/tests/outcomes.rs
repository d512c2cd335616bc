//! Writes of which the store does not say whether they happened.

use std::sync::atomic::{AtomicU32, Ordering};

use grantor_core::{BoxFuture, Clock};

use super::*;
use crate::capabilities::Capabilities;
use crate::error::Applied;

/// Carries out each write, and answers every other one with an unknown outcome.
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
