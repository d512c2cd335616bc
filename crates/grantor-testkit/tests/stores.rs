//! The stores for tests: they keep the contract while no fault is set, and fail as a fault says.

use std::sync::Arc;
use std::time::Duration;

use grantor_store::contract::{Suite, run};
use grantor_store::{
    Applied, Entry, Expect, Key, MemoryStore, Moment, Namespace, Put, PutOutcome, RemoveOutcome,
    Store, Version,
};
use grantor_testkit::store::{CountingStore, EvictingStore, FaultyStore, StoreFault, WaitsStore};
use grantor_testkit::{FakeClock, environment};

fn memory() -> Arc<dyn Store> {
    Arc::new(MemoryStore::new())
}

fn key(kind: [u8; 2]) -> Key {
    Namespace::new("app").key(kind, b"1")
}

fn put(kind: [u8; 2], version: u8) -> Put {
    Put {
        key: key(kind),
        value: "value".into(),
        version: Version([version; 16]),
        expires_at: None,
        expect: Expect::Any,
    }
}

#[test]
fn they_keep_the_contract_where_nothing_goes_wrong() {
    let environment = || environment(&FakeClock::new());
    let faulty = || Suite::new(FaultyStore::new(memory()), environment());
    assert_eq!(run(faulty), Ok(()));
    let counting = || Suite::new(CountingStore::new(memory()), environment());
    assert_eq!(run(counting), Ok(()));
    let evicting = || Suite::new(EvictingStore::new(memory()), environment());
    assert_eq!(run(evicting), Ok(()));
    let waits = || Suite::new(WaitsStore::new(memory()), environment());
    assert_eq!(run(waits), Ok(()));
}

#[test]
fn calls_at_the_same_time_are_one_wait() {
    let store = WaitsStore::new(memory());
    let (one, other) = (key(*b"aa"), key(*b"bb"));
    let (keys, write) = ([one, other], put(*b"aa", 1));
    let ((), waits) = store.count(async {
        let (stored, got) = tokio::join!(store.put(&write), store.get(&other));
        assert!(stored.is_ok() && got.unwrap().is_none());
        assert!(store.get_many(&keys).await.unwrap()[0].is_some());
        let removed = store.remove(&one, Expect::Any).await;
        assert_eq!(removed.unwrap(), RemoveOutcome::Removed);
    });
    assert_eq!(waits, 3);
}

#[tokio::test]
async fn a_fault_is_at_the_call_that_was_named() {
    let store = FaultyStore::new(memory());
    store.set(StoreFault::Call(1));
    assert!(store.put(&put(*b"aa", 1)).await.is_ok());
    assert_eq!(
        store.put(&put(*b"aa", 2)).await.unwrap_err().applied(),
        Applied::No
    );
    assert!(store.get(&key(*b"aa")).await.is_ok());
    assert_eq!(store.calls(), 3);

    store.set(StoreFault::Down);
    assert_eq!(store.calls(), 0);
    assert!(store.get(&key(*b"aa")).await.is_err());
    assert!(store.remove(&key(*b"aa"), Expect::Any).await.is_err());
    store.set(StoreFault::None);
    let kept = store.get(&key(*b"aa")).await.unwrap().unwrap();
    assert_eq!(kept.version, Version([1; 16]));
}

#[tokio::test]
async fn a_fault_of_one_kind_leaves_the_others_alone() {
    let store = FaultyStore::new(memory());
    store.set(StoreFault::RefusedPuts { kind: *b"aa" });
    assert!(store.put(&put(*b"aa", 1)).await.is_err());
    assert!(store.put(&put(*b"bb", 1)).await.is_ok());
    assert!(store.get(&key(*b"aa")).await.unwrap().is_none());

    let kind = *b"aa";
    store.set(StoreFault::LostAnswers { kind, left: 1 });
    let lost = store.put(&put(kind, 1)).await.unwrap_err();
    assert_eq!(lost.applied(), Applied::Unknown);
    assert!(store.get(&key(kind)).await.unwrap().is_some());
    assert_eq!(store.put(&put(kind, 1)).await.unwrap(), PutOutcome::Stored);
}

#[tokio::test]
async fn another_writer_goes_first() {
    let store = FaultyStore::new(memory());
    store.let_others_go_first();
    let entry = Entry {
        value: "theirs".into(),
        version: Version([9; 16]),
        expires_at: None,
    };
    store.swap_after_get(key(*b"aa"), entry.clone());
    assert!(store.get(&key(*b"bb")).await.unwrap().is_none());
    assert!(store.get(&key(*b"aa")).await.unwrap().is_none());
    assert_eq!(store.get(&key(*b"aa")).await.unwrap(), Some(entry));
}

#[tokio::test]
async fn calls_are_counted_and_puts_are_kept() {
    let store = CountingStore::new(memory());
    assert!(store.put(&put(*b"aa", 1)).await.is_ok());
    let _ = store.get(&key(*b"aa")).await.unwrap();
    let _ = store.remove(&key(*b"aa"), Expect::Absent).await.unwrap();
    assert_eq!((store.reads(), store.writes()), (1, 2));
    assert_eq!(store.puts(), [put(*b"aa", 1)]);
}

#[tokio::test]
async fn what_is_evicted_is_gone_and_that_it_may_be_is_said() {
    let store = EvictingStore::new(memory());
    assert!(store.capabilities().may_evict);
    assert!(store.put(&put(*b"aa", 1)).await.is_ok());
    store.evict_all().await.unwrap();
    assert!(store.get(&key(*b"aa")).await.unwrap().is_none());
}

#[tokio::test]
async fn what_a_store_does_besides_is_done_by_the_store_behind() {
    let (clock, window) = (FakeClock::new(), Duration::from_secs(60));
    let clock = &clock;
    let of = |store: Arc<dyn Store>| async move {
        let now = environment(clock).now();
        let counter = Arc::clone(&store).counter().unwrap();
        let counted = counter.add(&key(*b"ct"), 2, window, now).await;
        let maintained = store.maintain(Moment::of(&environment(clock))).await;
        (
            counted.ok(),
            maintained.is_ok(),
            store.health().await.is_ok(),
        )
    };
    // All count in the same store.
    let (memory, faulty) = (memory(), Arc::new(FaultyStore::new(memory())));
    assert_eq!(
        of(Arc::new(CountingStore::new(memory.clone()))).await,
        (Some(2), true, true)
    );
    assert_eq!(
        of(Arc::new(EvictingStore::new(memory.clone()))).await,
        (Some(4), true, true)
    );
    assert_eq!(
        of(Arc::new(FaultyStore::new(memory))).await,
        (Some(6), true, true)
    );

    faulty.set(StoreFault::Down);
    let around = Arc::new(CountingStore::new(Arc::new(EvictingStore::new(faulty))));
    assert_eq!(of(around).await, (None, false, false));
}
