//! The contract between grantor and what keeps its records.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use grantor_core::{BoxFuture, Environment, Timestamp};

use crate::capabilities::Capabilities;
use crate::error::Error;
use crate::key::Key;
use crate::maintenance::Maintenance;

/// 128 random bits that the writer draws for one write, stored atomically with the value and never
/// used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Version(pub [u8; 16]);

/// A record in a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The bytes that were put.
    pub value: Bytes,
    /// The version that was put with them.
    pub version: Version,
    /// When the record is dead; never, if absent. The store does not judge it.
    pub expires_at: Option<Timestamp>,
}

/// The condition of a write on its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expect {
    /// Nothing: only for idempotent terminal states and caches.
    Any,
    /// No record, dead ones included: taking over a dead one is [`Expect::Version`].
    Absent,
    /// A record with this version.
    Version(Version),
}

/// One write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Put {
    /// Where to write.
    pub key: Key,
    /// The value, at most [`Put::MAX_VALUE`] bytes.
    pub value: Bytes,
    /// A fresh version for this write. Repeating the same put keeps it.
    pub version: Version,
    /// When the record is dead.
    pub expires_at: Option<Timestamp>,
    /// The condition of the write.
    pub expect: Expect,
}

impl Put {
    /// The longest value in bytes: 256 KiB.
    pub const MAX_VALUE: usize = 256 * 1024;

    /// Checks that the value fits; every adapter calls this before it sends anything.
    ///
    /// # Errors
    /// The value is longer than [`Put::MAX_VALUE`].
    pub fn check_size(&self) -> Result<(), Error> {
        match self.value.len() {
            0..=Self::MAX_VALUE => Ok(()),
            length => Err(Error::too_large(length)),
        }
    }

    /// Returns the outcome of this put over a record with the version `stored`, if that is clear
    /// without writing: it is there already (rule 3), or its expectation does not hold. None: write
    /// it.
    #[must_use]
    pub fn settled_by(&self, stored: Option<Version>) -> Option<PutOutcome> {
        if stored == Some(self.version) {
            Some(PutOutcome::Stored)
        } else if self.expect.holds(stored) {
            None
        } else {
            Some(PutOutcome::Conflict)
        }
    }
}

impl Expect {
    /// Returns whether a record with the version `stored` (none: no record) is as expected.
    #[must_use]
    pub fn holds(self, stored: Option<Version>) -> bool {
        match self {
            Self::Any => true,
            Self::Absent => stored.is_none(),
            Self::Version(version) => stored == Some(version),
        }
    }
}

/// How long past its expiry a dead record is kept by default, so that machines whose clocks differ
/// by as much still find it.
pub const DEFAULT_MAX_CLOCK_SKEW: Duration = Duration::from_secs(60);

/// The outcome of a put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum PutOutcome {
    /// The record is stored at the declared durability, by this put or by an earlier try of it.
    Stored,
    /// The expectation did not hold.
    Conflict,
}

/// The outcome of a removal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum RemoveOutcome {
    /// The record is gone.
    Removed,
    /// The expectation did not hold.
    Conflict,
    /// There was none.
    Absent,
}

/// Storage for every kind of record. The suite in the module `contract` (a feature of this crate)
/// holds an adapter to these rules, one by one.
///
/// 1. Versions are the caller's, stored atomically with the value.
/// 2. A put is atomic and linearizable per key; a get sees every acknowledged put.
/// 3. A put whose own version is already the stored one answers [`PutOutcome::Stored`], so every
///    put may be repeated verbatim.
/// 4. A live record is never lost. A dead one may be kept, and is deleted no earlier than
///    `expires_at` plus the clock skew allowed (60 s unless configured).
/// 5. [`PutOutcome::Stored`] is answered only at the durability the store declares.
/// 6. Keys compare bytewise; a value over [`Put::MAX_VALUE`] is [`Error::too_large`].
pub trait Store: Debug + Send + Sync + 'static {
    /// Returns the promises of this store.
    fn capabilities(&self) -> Capabilities;

    /// The record under `key`, dead or alive.
    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, Error>>;

    /// Writes a record if its expectation holds.
    fn put<'a>(&'a self, put: &'a Put) -> BoxFuture<'a, Result<PutOutcome, Error>>;

    /// Removes a record if the expectation holds.
    fn remove<'a>(
        &'a self,
        key: &'a Key,
        expect: Expect,
    ) -> BoxFuture<'a, Result<RemoveOutcome, Error>>;

    /// The records under `keys`, dead or alive, in the same order: in one round trip where the
    /// store can. They need not be from one moment.
    fn get_many<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Result<Vec<Option<Entry>>, Error>> {
        Box::pin(async move {
            let mut entries = Vec::with_capacity(keys.len());
            for key in keys {
                entries.push(self.get(key).await?);
            }
            Ok(entries)
        })
    }

    /// Checks that the store can be used now, as far as one round trip shows.
    fn health(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(std::future::ready(Ok(())))
    }

    /// Tells the store what time it is for its caller, which is all a store ever knows of time.
    /// It may then delete what has been dead for longer than the clock skew allowed. [`Records`](crate::Records)
    /// calls it with every write; it must be cheap.
    fn observe_time(&self, _moment: Moment) {}

    /// Does the work that a store needs now and then also while nobody writes: it deletes
    /// dead records and gives room back. A server calls it once a minute; each call does a bounded
    /// part of the work, between the writes of others.
    fn maintain(&self, moment: Moment) -> BoxFuture<'_, Result<Maintenance, Error>> {
        self.observe_time(moment);
        Box::pin(std::future::ready(Ok(Maintenance::default())))
    }

    /// Listing, where the store can.
    fn listing(&self) -> Option<&dyn Listing> {
        None
    }

    /// Counting, where the store can.
    fn counter(self: Arc<Self>) -> Option<Arc<dyn Counter>> {
        None
    }
}

/// The listing that some stores support: walking their records.
pub trait Listing: Send + Sync {
    /// Records whose keys begin with `prefix` and come after `after`, in bytewise order of keys, at
    /// most `limit`. Dead ones may be among them.
    fn list<'a>(
        &'a self,
        prefix: &'a Key,
        after: Option<&'a Key>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(Key, Entry)>, Error>>;

    /// How many records there are, dead ones included, roughly: to say how far a walk is. None if the
    /// store can't tell without reading them.
    fn count(&self) -> BoxFuture<'_, Result<Option<u64>, Error>> {
        Box::pin(std::future::ready(Ok(None)))
    }
}

/// The time of a caller, by both of its clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Wall time, which may be wrong or jump.
    pub now: Timestamp,
    /// Time since an arbitrary start, which does neither.
    pub elapsed: Duration,
}

impl Moment {
    /// This moment.
    #[must_use]
    pub fn of(environment: &Environment) -> Self {
        Self {
            now: environment.now(),
            elapsed: environment.clock.elapsed(),
        }
    }
}

/// Counting within a window of time, for limits; not a record.
pub trait Counter: Debug + Send + Sync + 'static {
    /// Adds `n` under `key` and answers the sum of the window that `now` lies in.
    fn add<'a>(
        &'a self,
        key: &'a Key,
        n: u64,
        window: Duration,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<u64, Error>>;
}
