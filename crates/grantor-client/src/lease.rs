//! A lease says who renews, so that others wait instead of doing the same. It saves work and never
//! decides what is right: the conditional put of the record does.

use std::time::Duration;

use grantor_core::{Environment, Timestamp};
use grantor_store::{DEFAULT_MAX_CLOCK_SKEW, Error, Key, Records, Version};

use crate::records::LeaseRecord;

/// How long a lease holds unless it is extended.
const TERM: Duration = Duration::from_secs(10);
/// How often its holder extends it.
const EXTEND: Duration = Duration::from_secs(3);
/// How often others look after it.
const POLL: Duration = Duration::from_millis(100);
/// How long the number of a lease is remembered after its end.
const MEMORY: Duration = Duration::from_secs(24 * 3600);

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
        let (record, written) = match self.leases.get(&self.key).await? {
            None => {
                let record = new_record(1, now);
                let written = self.leases.create(&self.key, &record).await?;
                (record, written)
            }
            Some(holder) => {
                let waited = match self.seen {
                    Some((version, waited)) if version == holder.version => waited,
                    _ => Duration::ZERO,
                };
                self.seen = Some((holder.version, waited));
                // The holder's clock may differ from ours by the skew; what was watched for a whole
                // term without a change has lapsed by any clock.
                let lapsed = holder.record.until + DEFAULT_MAX_CLOCK_SKEW < now;
                if !lapsed && waited < TERM {
                    return Ok(None);
                }
                let record = new_record(holder.record.fence + 1, now);
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
    /// The number to write into what is written under this lease.
    pub(crate) fn fence(&self) -> u64 {
        self.record.fence
    }

    /// Extends the lease as long as this runs; comes back once it is lost or about to lapse.
    pub(crate) async fn keep(&mut self) {
        let mut lapses_in = TERM;
        while lapses_in > EXTEND {
            tokio::time::sleep(EXTEND).await;
            lapses_in -= EXTEND;
            let record = new_record(self.record.fence, self.environment.now());
            let update = self.leases.update(&self.key, &record, self.version);
            match update.await {
                Ok(Ok(version)) => {
                    (self.record, self.version) = (record, version);
                    lapses_in = TERM;
                }
                Ok(Err(_)) => return,
                Err(error) => tracing::warn!(%error, "a lease can't be extended"),
            }
        }
    }

    /// Gives it back, so that nobody has to wait for its end.
    pub(crate) async fn release(self) {
        let released = LeaseRecord {
            until: Timestamp::default(),
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

    use grantor_store::{MemoryStore, Namespace, Store};
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

    #[tokio::test]
    async fn an_old_lease_is_taken_at_once() {
        let office = Office::new();
        assert!(office.queue().attempt().await.unwrap().is_some());
        office.clock.advance(TERM + DEFAULT_MAX_CLOCK_SKEW * 2);
        assert!(office.queue().attempt().await.unwrap().is_some());
    }
}
