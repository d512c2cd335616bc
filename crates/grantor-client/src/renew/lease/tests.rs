//! The lease between processes, over a store in memory and clocks that differ.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use grantor_core::BoxFuture;
use grantor_store::{
    Capabilities, Entry, Expect, MemoryStore, Namespace, Placement, Put, PutOutcome, RemoveOutcome,
    Store,
};
use grantor_testkit::{FakeClock, environment};

use super::*;

struct Office {
    clock: FakeClock,
    environment: Environment,
    leases: Records<LeaseRecord>,
}

impl Office {
    fn new() -> Self {
        let clock = FakeClock::new();
        let environment = environment(&clock);
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let namespace = Namespace::new("test");
        let placement = Placement::new(store, namespace, environment.clone());
        let leases = Records::open(&placement).unwrap();
        Self {
            clock,
            environment,
            leases,
        }
    }

    fn queue(&self) -> LeaseContender<'_> {
        let key = self.leases.key_of_name("x");
        LeaseContender::new(&self.leases, key, &self.environment)
    }
}

#[tokio::test]
async fn one_holds_it_until_it_is_given_back() {
    let office = Office::new();
    let held = office.queue().attempt().await.unwrap().unwrap();
    assert!(office.queue().attempt().await.unwrap().is_none());
    held.release().await;
    let next = office.queue().attempt().await.unwrap().unwrap();
    assert_eq!(next.fence(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_nobody_extends_lapses() {
    let office = Office::new();
    let first = office.queue().attempt().await.unwrap();
    let mut queue = office.queue();
    let mut waited = Duration::ZERO;
    let second = loop {
        if let Some(held) = queue.attempt().await.unwrap() {
            break held;
        }
        queue.pause().await;
        waited += POLL_EVERY;
    };
    assert_eq!(waited, LEASE_TERM);
    assert_eq!(second.fence(), 2);
    // The first holder notices.
    first.unwrap().keep_alive().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_extended_does_not() {
    let office = Office::new();
    let mut held = office.queue().attempt().await.unwrap().unwrap();
    let mut queue = office.queue();
    let others = async {
        for _ in 0..500 {
            assert!(queue.attempt().await.unwrap().is_none());
            queue.pause().await;
        }
    };
    tokio::select! {
        () = held.keep_alive() => panic!("lost"),
        () = others => {}
    }
}

#[tokio::test(start_paused = true)]
async fn a_lease_is_kept_from_clocks_that_run_ahead() {
    let office = Office::new();
    let _held = office.queue().attempt().await.unwrap().unwrap();
    office.clock.advance(Duration::from_secs(3600));
    let mut queue = office.queue();
    assert!(queue.attempt().await.unwrap().is_none());
    // Somebody who was killed an hour ago costs the next one a term and no more.
    for _ in 0..100 {
        assert!(queue.attempt().await.unwrap().is_none());
        queue.pause().await;
    }
    assert!(queue.attempt().await.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_record_that_is_no_lease_is_in_nobodys_way() {
    let office = Office::new();
    let put = Put {
        key: office.leases.key_of_name("x"),
        value: Bytes::from_static(b"\x01scribble"),
        version: Version([1; 16]),
        expires_at: None,
        expect: Expect::Absent,
    };
    let store = Arc::clone(office.leases.store());
    assert_eq!(store.put(&put).await.unwrap(), PutOutcome::Stored);
    let mut queue = office.queue();
    assert!(queue.attempt().await.unwrap().is_none());
    assert!(queue.attempt().await.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn what_a_store_does_not_extend_is_given_up_before_it_lapses() {
    let clock = FakeClock::new();
    let environment = environment(&clock);
    let store: Arc<dyn Store> = Arc::new(Mute::default());
    let namespace = Namespace::new("test");
    let placement = Placement::new(store, namespace, environment.clone());
    let leases = Records::open(&placement).unwrap();
    let key = leases.key_of_name("x");
    let began = Instant::now();
    let mut queue = LeaseContender::new(&leases, key, &environment);
    let mut held = queue.attempt().await.unwrap().unwrap();
    held.keep_alive().await;
    assert!(began.elapsed() < LEASE_TERM, "{:?}", began.elapsed());
}

/// Takes one put and answers no other.
#[derive(Debug, Default)]
struct Mute {
    memory: MemoryStore,
    puts: AtomicUsize,
}

impl Store for Mute {
    fn capabilities(&self) -> Capabilities {
        self.memory.capabilities()
    }

    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        self.memory.get(key)
    }

    fn put<'a>(&'a self, put: &'a Put) -> BoxFuture<'a, Result<PutOutcome, Error>> {
        match self.puts.fetch_add(1, Ordering::SeqCst) {
            0 => self.memory.put(put),
            _ => Box::pin(std::future::pending()),
        }
    }

    fn remove<'a>(
        &'a self,
        key: &'a Key,
        expect: Expect,
    ) -> BoxFuture<'a, Result<RemoveOutcome, Error>> {
        self.memory.remove(key, expect)
    }
}
