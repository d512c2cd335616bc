//! A lease says who renews, so that others wait instead of doing the same. It saves work and never
//! decides what is right: the conditional put of the record does.

use std::time::Duration;

use grantor_core::{Environment, Timestamp};
use grantor_store::{Error, Key, Records, Version};
use tokio::time::Instant;

use crate::runtime::deadline::LeaseDeadline;
use crate::store::records::LeaseRecord;

/// How long a lease holds unless it is extended.
const LEASE_TERM: Duration = Duration::from_secs(10);
/// How often its holder extends it.
const EXTEND_EVERY: Duration = Duration::from_secs(3);
/// How long before its end what is done under it is given up.
const MARGIN: Duration = Duration::from_secs(1);
/// How often others look after it.
const POLL_EVERY: Duration = Duration::from_millis(100);
/// How long the number of a lease is remembered after its end.
const FENCE_RETENTION: Duration = Duration::from_secs(24 * 3600);

/// The end of a lease that was given back.
const RELEASED: Timestamp = Timestamp::from_secs(0);

/// Somebody who wants a lease.
#[derive(Debug)]
pub(crate) struct LeaseContender<'a> {
    leases: &'a Records<LeaseRecord>,
    key: Key,
    environment: &'a Environment,
    /// The last observed state of the holder, and for how long it has not changed.
    seen: Option<(Version, Duration)>,
}

/// A lease that is held. Dropping it lets it lapse.
#[derive(Debug)]
pub(crate) struct Lease<'a> {
    leases: &'a Records<LeaseRecord>,
    key: Key,
    environment: &'a Environment,
    record: LeaseRecord,
    version: Version,
    /// Since when at the latest others see this version: before it was written.
    written_at: Instant,
    deadline: LeaseDeadline,
}

enum Extension {
    Yes,
    Lost,
}

impl<'a> LeaseContender<'a> {
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
    pub(crate) async fn attempt(&mut self) -> Result<Option<Lease<'a>>, Error> {
        let now = self.environment.now();
        let deadline = LeaseDeadline::at(self.environment.clock.elapsed() + LEASE_TERM - MARGIN);
        let written_at;
        let holder = match self.leases.get(&self.key).await {
            // Nobody extends what is no lease, so nobody would ever take it over.
            Err(error) if error.is_corrupt() => {
                tracing::warn!(%error, "a lease can't be read and is removed");
                self.leases.remove(&self.key).await?;
                return Ok(None);
            }
            holder => holder?,
        };
        let (record, written) = match holder {
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
                if holder.record.held_until != RELEASED && waited < LEASE_TERM {
                    return Ok(None);
                }
                let record = new_record(holder.record.fence + 1, now);
                written_at = Instant::now();
                let update = self.leases.update(&self.key, &record, holder.version);
                let written = update.await?;
                (record, written)
            }
        };
        Ok(written.ok().map(|version| Lease {
            leases: self.leases,
            key: self.key,
            environment: self.environment,
            record,
            version,
            written_at,
            deadline,
        }))
    }

    /// Waits until it is worth trying again.
    pub(crate) async fn pause(&mut self) {
        tokio::time::sleep(POLL_EVERY).await;
        if let Some((_, waited)) = &mut self.seen {
            *waited += POLL_EVERY;
        }
    }
}

impl Lease<'_> {
    /// How long it can be relied on; grows as it is extended.
    pub(crate) fn deadline(&self) -> LeaseDeadline {
        self.deadline.clone()
    }

    /// The number to write into what is written under this lease.
    pub(crate) fn fence(&self) -> u64 {
        self.record.fence
    }

    /// Extends the lease as long as this runs; comes back once it is lost or about to lapse, also
    /// if the store does not answer.
    pub(crate) async fn keep_alive(&mut self) {
        loop {
            let about_to_lapse = self.written_at + LEASE_TERM - MARGIN;
            match tokio::time::timeout_at(about_to_lapse, self.extend()).await {
                Ok(Extension::Yes) => {}
                Ok(Extension::Lost) | Err(_) => return,
            }
        }
    }

    /// Waits until it is time, and extends the lease.
    async fn extend(&mut self) -> Extension {
        loop {
            tokio::time::sleep(EXTEND_EVERY).await;
            let written_at = Instant::now();
            let elapsed = self.environment.clock.elapsed();
            let record = new_record(self.record.fence, self.environment.now());
            let update = self.leases.update(&self.key, &record, self.version);
            match update.await {
                Ok(Ok(version)) => {
                    (self.record, self.version) = (record, version);
                    self.written_at = written_at;
                    self.deadline.extend_to(elapsed + LEASE_TERM - MARGIN);
                    return Extension::Yes;
                }
                Ok(Err(_)) => return Extension::Lost,
                Err(error) => tracing::warn!(%error, "a lease can't be extended"),
            }
        }
    }

    /// Gives it back, so that nobody has to wait for its end.
    pub(crate) async fn release(self) {
        let released = LeaseRecord {
            held_until: RELEASED,
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
        held_until: now + LEASE_TERM,
        expires_at: now + FENCE_RETENTION,
    }
}

#[cfg(test)]
mod tests;
