//! A lease says who renews, so that others wait instead of doing the same. It saves work and never
//! decides what is right: the conditional put of the record does.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use grantor_core::{Environment, Timestamp};
use grantor_store::{Error, Key, Records, Version};
use tokio::time::Instant;

use crate::records::LeaseRecord;
use crate::state::instant;

/// How long a lease holds unless it is extended.
const TERM: Duration = Duration::from_secs(10);
/// How often its holder extends it.
const EXTEND: Duration = Duration::from_secs(3);
/// How long before its end what is done under it is given up.
const MARGIN: Duration = Duration::from_secs(1);
/// How often others look after it.
const POLL: Duration = Duration::from_millis(100);
/// How long the number of a lease is remembered after its end.
const MEMORY: Duration = Duration::from_secs(24 * 3600);

/// The end of a lease that was given back.
const RELEASED: Timestamp = Timestamp::from_secs(0);

/// Somebody who wants a lease.
#[derive(Debug)]
pub(crate) struct Queue<'a> {
    leases: &'a Records<LeaseRecord>,
    key: Key,
    environment: &'a Environment,
    /// What was seen of the holder, and for how long nothing changed.
    seen: Option<(Version, Duration)>,
}

/// A lease that is held. Dropping it lets it lapse.
#[derive(Debug)]
pub(crate) struct Held<'a> {
    leases: &'a Records<LeaseRecord>,
    key: Key,
    environment: &'a Environment,
    record: LeaseRecord,
    version: Version,
    /// Since when at the latest others see this version: before it was written.
    written_at: Instant,
    term: Term,
}

/// Until when a lease can be relied on, by a clock that runs while the machine sleeps.
#[derive(Debug, Clone)]
pub(crate) struct Term(Arc<AtomicU64>);

impl Term {
    fn from(written_at: Duration) -> Self {
        let term = Self(Arc::default());
        term.extend(written_at);
        term
    }

    fn extend(&self, written_at: Duration) {
        let end = instant(written_at + TERM - MARGIN);
        self.0.store(end, Ordering::Relaxed);
    }

    pub(crate) fn is_over(&self, now: Duration) -> bool {
        instant(now) >= self.0.load(Ordering::Relaxed)
    }
}

enum Extended {
    Yes,
    Lost,
}

impl<'a> Queue<'a> {
    pub(crate) fn new(
        leases: &'a Records<LeaseRecord>,
        key: Key,
        environment: &'a Environment,
    ) -> Self {
        Self {
            leases,
            key,
            environment,
            seen: None,
        }
    }

    /// Tries to take the lease; none: somebody else holds it.
    pub(crate) async fn attempt(&mut self) -> Result<Option<Held<'a>>, Error> {
        let now = self.environment.now();
        let term = Term::from(self.environment.clock.elapsed());
        let written_at;
        let (record, written) = match self.leases.get(&self.key).await? {
            None => {
                let record = new_record(1, now);
                written_at = Instant::now();
                let written = self.leases.create(&self.key, &record).await?;
                (record, written)
            }
            Some(holder) => {
                let waited = match self.seen {
                    Some((version, waited)) if version == holder.version => waited,
                    _ => Duration::ZERO,
                };
                self.seen = Some((holder.version, waited));
                // Two clocks may differ by hours, and taking over from a holder that lives spends a
                // refresh token twice; what was watched for a whole term without a change has
                // lapsed by any clock.
                if holder.record.until != RELEASED && waited < TERM {
                    return Ok(None);
                }
                let record = new_record(holder.record.fence + 1, now);
                written_at = Instant::now();
                let update = self.leases.update(&self.key, &record, holder.version);
                let written = update.await?;
                (record, written)
            }
        };
        Ok(written.ok().map(|version| Held {
            leases: self.leases,
            key: self.key,
            environment: self.environment,
            record,
            version,
            written_at,
            term,
        }))
    }

    /// Waits until it is worth trying again.
    pub(crate) async fn pause(&mut self) {
        tokio::time::sleep(POLL).await;
        if let Some((_, waited)) = &mut self.seen {
            *waited += POLL;
        }
    }
}

impl Held<'_> {
    /// How long it can be relied on; grows as it is extended.
    pub(crate) fn term(&self) -> Term {
        self.term.clone()
    }

    /// The number to write into what is written under this lease.
    pub(crate) fn fence(&self) -> u64 {
        self.record.fence
    }

    /// Extends the lease as long as this runs; comes back once it is lost or about to lapse, also
    /// if the store does not answer.
    pub(crate) async fn keep(&mut self) {
        loop {
            let about_to_lapse = self.written_at + TERM - MARGIN;
            match tokio::time::timeout_at(about_to_lapse, self.extend()).await {
                Ok(Extended::Yes) => {}
                Ok(Extended::Lost) | Err(_) => return,
            }
        }
    }

    /// Waits until it is time, and extends the lease.
    async fn extend(&mut self) -> Extended {
        loop {
            tokio::time::sleep(EXTEND).await;
            let written_at = Instant::now();
            let elapsed = self.environment.clock.elapsed();
            let record = new_record(self.record.fence, self.environment.now());
            let update = self.leases.update(&self.key, &record, self.version);
            match update.await {
                Ok(Ok(version)) => {
                    (self.record, self.version) = (record, version);
                    self.written_at = written_at;
                    self.term.extend(elapsed);
                    return Extended::Yes;
                }
                Ok(Err(_)) => return Extended::Lost,
                Err(error) => tracing::warn!(%error, "a lease can't be extended"),
            }
        }
    }

    /// Gives it back, so that nobody has to wait for its end.
    pub(crate) async fn release(self) {
        let released = LeaseRecord {
            until: RELEASED,
            ..self.record
        };
        let update = self.leases.update(&self.key, &released, self.version);
        if let Err(error) = update.await {
            tracing::warn!(%error, "a lease can't be given back, it lapses");
        }
    }
}

fn new_record(fence: u64, now: Timestamp) -> LeaseRecord {
    LeaseRecord {
        fence,
        until: now + TERM,
        forgotten_at: now + MEMORY,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use grantor_core::BoxFuture;
    use grantor_store::{
        Capabilities, Entry, Expect, MemoryStore, Namespace, Put, PutOutcome, RemoveOutcome, Store,
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
            let leases = Records::new(store, namespace, environment.clone()).unwrap();
            Self {
                clock,
                environment,
                leases,
            }
        }

        fn queue(&self) -> Queue<'_> {
            let key = self.leases.key_of_name("x");
            Queue::new(&self.leases, key, &self.environment)
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
            waited += POLL;
        };
        assert_eq!(waited, TERM);
        assert_eq!(second.fence(), 2);
        // The first holder notices.
        first.unwrap().keep().await;
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
            () = held.keep() => panic!("lost"),
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
    async fn what_a_store_does_not_extend_is_given_up_before_it_lapses() {
        let clock = FakeClock::new();
        let environment = environment(&clock);
        let store: Arc<dyn Store> = Arc::new(Mute::default());
        let namespace = Namespace::new("test");
        let leases = Records::new(store, namespace, environment.clone()).unwrap();
        let key = leases.key_of_name("x");
        let began = Instant::now();
        let mut queue = Queue::new(&leases, key, &environment);
        let mut held = queue.attempt().await.unwrap().unwrap();
        held.keep().await;
        assert!(began.elapsed() < TERM, "{:?}", began.elapsed());
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
}
