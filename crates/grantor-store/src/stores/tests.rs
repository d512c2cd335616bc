//! Which store keeps which kind of record.

use std::time::Duration;

use grantor_core::{BoxFuture, Timestamp};
use serde::{Deserialize, Serialize};

use super::*;
use crate::capabilities::{Capabilities, Class, Durability};
use crate::error::Applied;
use crate::error::Error;
use crate::key::Key;
use crate::kinds;
use crate::maintenance::{BatchTimes, Maintenance, Notice};
use crate::memory::MemoryStore;
use crate::store::{Entry, Expect, Put, PutOutcome, RemoveOutcome};
use crate::testing::{Code, SigningKey, block_on, environment};

#[derive(Serialize, Deserialize)]
struct ReplayId;

impl Record for ReplayId {
    const KIND: Kind = Kind::new(*b"xr", "replay-ids", Class::Guard);
    const NAME: &'static str = "a replay id";

    fn expires_at(&self) -> Option<Timestamp> {
        None
    }
}

#[derive(Debug)]
struct Declares(Capabilities, MemoryStore);

impl Store for Declares {
    fn capabilities(&self) -> Capabilities {
        self.0
    }
    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        self.1.get(key)
    }
    fn put<'a>(&'a self, put: &'a Put) -> BoxFuture<'a, Result<PutOutcome, Error>> {
        self.1.put(put)
    }
    fn remove<'a>(
        &'a self,
        key: &'a Key,
        expect: Expect,
    ) -> BoxFuture<'a, Result<RemoveOutcome, Error>> {
        self.1.remove(key, expect)
    }
}

fn declares(capabilities: Capabilities) -> Arc<dyn Store> {
    Arc::new(Declares(capabilities, MemoryStore::new()))
}

fn warnings_of(diagnostics: &Diagnostics) -> Vec<String> {
    diagnostics.warnings().collect()
}

fn evicting() -> Arc<dyn Store> {
    declares(Capabilities::new("a cache").may_evict())
}

fn losing() -> Arc<dyn Store> {
    declares(Capabilities::new("a replicated cache").loses_on_failover())
}

fn stores(default: Arc<dyn Store>) -> Stores {
    let (_, environment) = environment();
    Stores::new(
        default,
        Namespace::new("https://issuer.example"),
        environment,
    )
}

fn sealing_key() -> SealingKey {
    SealingKey::new(&[1; 32])
}

#[test]
fn reports_every_problem_at_once() {
    let stores = stores(evicting());
    let mut diagnostics = Diagnostics::default();
    assert!(diagnostics.records::<Code>(&stores).is_some());
    assert!(diagnostics.records::<ReplayId>(&stores).is_none());
    assert!(diagnostics.records::<SigningKey>(&stores).is_none());
    assert_eq!(
        diagnostics.problems,
        [
            "a replay id can't be kept there: a cache may evict live records; put replay-ids into \
             another store",
            "a signing key can't be kept there: a cache may evict live records; put signing-keys into \
             another store",
        ]
    );
}

#[test]
fn a_kind_may_have_a_store_of_its_own() {
    let own: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let stores = stores(evicting()).place(ReplayId::KIND, Arc::clone(&own));
    let records = stores.records::<ReplayId>().unwrap();
    assert!(Arc::ptr_eq(records.store(), &own));
    assert!(!Arc::ptr_eq(stores.store::<Code>(), &own));
}

#[test]
fn danger_evicting_guards_lifts_it_for_guards_only_and_warns() {
    let stores = stores(evicting())
        .danger_evicting_guards()
        .seal_under(sealing_key());
    let mut diagnostics = Diagnostics::default();
    assert!(diagnostics.records::<ReplayId>(&stores).is_some());
    assert!(diagnostics.records::<SigningKey>(&stores).is_none());
    assert_eq!(
        warnings_of(&diagnostics),
        ["a cache may evict records of what was used, which can be used again then (replay-ids)"]
    );
}

#[test]
fn a_guard_that_holds_per_process_only_is_never_allowed() {
    let dictionary = Capabilities::new("a dictionary").may_evict();
    let per_process = declares(dictionary.conditional_per_process());
    let stores = stores(per_process).danger_evicting_guards();
    let problem = stores.records::<ReplayId>().unwrap_err();
    assert!(problem.contains("per process"), "{problem}");
}

#[test]
fn a_failover_that_nothing_confirms_carries_only_what_may_be_lost() {
    let replicated = Capabilities::new("a replicated cache").loses_on_failover();
    let stores = stores(declares(replicated.unconfirmed_failover()))
        .danger_evicting_guards()
        .seal_under(sealing_key());
    let mut diagnostics = Diagnostics::default();
    assert!(diagnostics.records::<Code>(&stores).is_some());
    assert!(diagnostics.records::<ReplayId>(&stores).is_none());
    assert!(diagnostics.records::<SigningKey>(&stores).is_none());
    assert_eq!(
        diagnostics.problems[0],
        "a replay id can't be kept there: a replicated cache fails over to replicas that confirm \
         no write; put replay-ids into another store"
    );
}

#[test]
fn a_store_of_several_processes_that_writes_to_no_disk_warns() {
    let in_memory = Capabilities::new("a database").shared();
    let warnings = |capabilities: Capabilities| {
        let stores = stores(declares(capabilities)).seal_under(sealing_key());
        let mut diagnostics = Diagnostics::default();
        assert!(diagnostics.records::<Code>(&stores).is_some());
        assert!(diagnostics.records::<SigningKey>(&stores).is_some());
        warnings_of(&diagnostics)
    };
    assert_eq!(
        warnings(in_memory),
        [
            "a database writes nothing to a disk, so a restart of it loses everything: have it write to \
             its disk, or keep what has to last in another store (signing-keys)"
        ]
    );
    assert_eq!(
        warnings(in_memory.with_durability(Durability::Process)),
        [
            "a database answers before its disk has what it writes, so a crash may undo its last writes, \
             revocations among them: have it write to the disk first (signing-keys)"
        ]
    );
    assert_eq!(
        warnings(in_memory.with_durability(Durability::Disk)),
        [""; 0]
    );
    // The store of one process ends with it, as everybody expects.
    assert_eq!(warnings(Capabilities::new("a map")), [""; 0]);
}

#[test]
fn loss_on_failover_warns_and_can_be_refused() {
    let stores = stores(losing());
    let mut diagnostics = Diagnostics::default();
    assert!(diagnostics.records::<ReplayId>(&stores).is_some());
    assert!(diagnostics.records::<Code>(&stores).is_some());
    assert_eq!(
        warnings_of(&diagnostics),
        ["a replicated cache may lose acknowledged writes on a fail-over (replay-ids)"]
    );
    let problem = stores.refuse_loss_on_failover().records::<ReplayId>();
    assert!(problem.unwrap_err().contains("fail-over"));
}

#[test]
fn a_sealed_record_without_a_key_is_an_error() {
    let stores = stores(Arc::new(MemoryStore::new()));
    assert_eq!(
        stores.records::<SigningKey>().unwrap_err(),
        "a signing key must be sealed: give a master key"
    );
    let placement = Placement::new(
        Arc::new(MemoryStore::new()),
        stores.namespace(),
        stores.environment().clone(),
    );
    assert!(Records::<SigningKey>::open(&placement).is_err());
}

#[test]
fn a_sealed_record_reads_back_and_is_not_in_the_store() {
    let stores = stores(Arc::new(MemoryStore::new())).seal_under(sealing_key());
    let records = stores.records::<SigningKey>().unwrap();
    let key = records.key(b"1");
    let secret = "correct horse battery staple".to_owned();
    let record = SigningKey { secret };
    block_on(records.create(&key, &record)).unwrap().unwrap();

    assert_eq!(block_on(records.get(&key)).unwrap().unwrap().record, record);
    let listed = block_on(records.page(None, 10)).unwrap().unwrap().records;
    assert_eq!(listed[0].1.record, record);
    let stored = block_on(records.store().get(&key)).unwrap().unwrap();
    assert!(!stored.value.windows(5).any(|part| part == b"horse"));
}

#[test]
fn a_sealed_record_moved_to_another_key_or_version_is_refused() {
    let stores = stores(Arc::new(MemoryStore::new())).seal_under(sealing_key());
    let records = stores.records::<SigningKey>().unwrap();
    let (here, there) = (records.key(b"1"), records.key(b"2"));
    let secret = "secret".to_owned();
    let version = block_on(records.create(&here, &SigningKey { secret })).unwrap();
    let entry = block_on(records.store().get(&here)).unwrap().unwrap();

    let mut put = Put {
        key: there,
        value: entry.value,
        version: version.unwrap(),
        expires_at: None,
        expect: Expect::Any,
    };
    let _moved = block_on(records.store().put(&put)).unwrap();
    assert!(block_on(records.get(&there)).unwrap_err().is_corrupt());

    put.key = here;
    put.version = crate::store::Version([9; 16]);
    let _overwritten = block_on(records.store().put(&put)).unwrap();
    assert!(block_on(records.get(&here)).unwrap_err().is_corrupt());
}

#[test]
fn a_store_that_can_count_counts_and_else_this_process_does() {
    let add = |stores: &Stores| {
        let key = Key::from_bytes(b"limit").unwrap();
        let (window, now) = (Duration::from_secs(60), stores.environment().now());
        block_on(stores.counter().add(&key, 1, window, now)).unwrap()
    };
    let shared: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let (one, other) = (stores(Arc::clone(&shared)), stores(shared));
    assert_eq!((add(&one), add(&other)), (1, 2));

    let can_not_count = || stores(evicting());
    let (one, other) = (can_not_count(), can_not_count());
    assert_eq!((add(&one), add(&one), add(&other)), (1, 2, 1));
    let counting_together = other.count_in(Arc::clone(one.counter()));
    assert_eq!(add(&counting_together), 3);

    // A store for counts alone.
    let shared: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let placed = || can_not_count().place(COUNTS, Arc::clone(&shared));
    let (one, other) = (placed(), placed());
    assert_eq!((add(&one), add(&other)), (1, 2));
    assert_eq!(one.all().len(), 2);
}

#[test]
fn what_has_to_last_does_not_end_with_the_process_while_others_go_on() {
    let kept = || {
        declares(
            Capabilities::new("a database")
                .shared()
                .with_durability(Durability::Disk),
        )
    };
    let memory = || -> Arc<dyn Store> { Arc::new(MemoryStore::new()) };
    let without_disk = || declares(Capabilities::new("a cache").shared());
    // All in memory end together.
    let alone = stores(memory()).place(ReplayId::KIND, memory());
    assert!(alone.records::<ReplayId>().is_ok());
    for mixed in [
        stores(kept()).place(ReplayId::KIND, memory()),
        stores(memory()).place(kinds::GRANTS, kept()),
        stores(kept()).place(ReplayId::KIND, without_disk()),
    ] {
        let problem = mixed.records::<ReplayId>().unwrap_err();
        assert!(
            problem.contains("loses everything with its process"),
            "{problem}"
        );
    }
    // Sessions and caches may.
    let placed = stores(kept()).place(Code::KIND, memory());
    assert!(placed.records::<Code>().is_ok());
    let warning = placed.warning::<Code>().unwrap();
    assert!(warning.contains("only this process"), "{warning}");
    let beside = stores(memory()).place(kinds::SESSIONS, kept());
    assert!(beside.records::<ReplayId>().is_ok());
}

#[test]
fn every_store_is_named_once() {
    let own: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let placed = stores(evicting())
        .place(kinds::GRANTS, Arc::clone(&own))
        .place(kinds::CONSENTS, Arc::clone(&own));
    assert_eq!(placed.all().len(), 2);
}

/// Notices that its log grew, or fails.
#[derive(Debug)]
struct Maintained(MemoryStore, bool);

impl Store for Maintained {
    fn capabilities(&self) -> Capabilities {
        Capabilities::new("a full disk")
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
    fn maintain(&self, _: Moment) -> BoxFuture<'_, Result<Maintenance, Error>> {
        Box::pin(std::future::ready(match self.1 {
            true => Err(Error::unavailable("no room is left", Applied::No)),
            false => Ok(Maintenance {
                deleted: 3,
                batch_times: BatchTimes::default(),
                notices: vec![Notice::LogGrew { bytes: 7 }],
            }),
        }))
    }
}

#[test]
fn a_store_that_fails_keeps_no_notice_of_another_back() {
    let maintained = |fails| Arc::new(Maintained(MemoryStore::new(), fails));
    for fails in [
        [true, false, false],
        [false, true, false],
        [false, false, true],
    ] {
        let [default, grants, consents] = fails.map(maintained);
        let maintained = block_on(
            stores(default)
                .place(kinds::GRANTS, grants)
                .place(kinds::CONSENTS, consents)
                .maintain(),
        );
        assert_eq!(maintained.deleted, 6);
        assert_eq!(maintained.notices, vec![Notice::LogGrew { bytes: 7 }; 2]);
        let [failure] = &maintained.failures[..] else {
            panic!("{maintained:?}");
        };
        assert_eq!(failure.store, "a full disk");
        assert!(failure.error.to_string().contains("no room is left"));
    }
}
