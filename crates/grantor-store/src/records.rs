//! The records of one kind: reading, writing, and the judgement whether one is dead.

mod keys;

use std::sync::Arc;
use std::time::Duration;

use grantor_core::{Environment, Timestamp};
use grantor_jose::seal::SealingKey;

use crate::error::{Applied, Error};
use crate::key::{Key, Namespace};
use crate::placement::Placement;
use crate::record::Record;
use crate::record::{decode, encode};
use crate::retry::Retry;
use crate::store::{Entry, Expect, Moment, Put, PutOutcome, RemoveOutcome, Store, Version};

/// A live record as it was read.
#[derive(Debug, Clone)]
pub struct Versioned<R> {
    /// The record.
    pub record: R,
    /// The version to expect when it is written again.
    pub version: Version,
}

/// Somebody else wrote first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conflict;

/// All records of one kind, in the store that was chosen for it.
pub struct Records<R> {
    store: Arc<dyn Store>,
    namespace: Namespace,
    environment: Environment,
    sealing_key: Option<Arc<SealingKey>>,
    repeat_until: Option<Duration>,
    kind: std::marker::PhantomData<fn() -> R>,
}

impl<R: Record> Records<R> {
    /// The records of kind `R` at `placement`.
    ///
    /// # Errors
    /// The store can't carry records of this class, or they must be sealed and there is no key. The
    /// message names the kind, the store and the reason.
    pub fn open(placement: &Placement) -> Result<Self, String> {
        if let Some(problem) = placement.problem::<R>() {
            return Err(problem);
        }
        let sealing_key = placement.sealing_key.clone();
        Ok(Self {
            store: Arc::clone(&placement.store),
            namespace: placement.namespace,
            environment: placement.environment.clone(),
            sealing_key: sealing_key.filter(|_| R::SEALED),
            repeat_until: None,
            kind: std::marker::PhantomData,
        })
    }

    /// The same records. A write whose outcome the store does not know is repeated verbatim until the
    /// clock ([`Clock::elapsed`](grantor_core::Clock::elapsed)) shows `elapsed`, rather than for a
    /// tenth of a second: for the write that decides a request, whose deadline that is.
    #[must_use]
    pub fn repeat_until(&self, elapsed: Duration) -> Self {
        Self {
            repeat_until: Some(elapsed),
            ..self.clone()
        }
    }

    pub(crate) fn namespace(&self) -> Namespace {
        self.namespace
    }

    pub(crate) fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The store behind these records.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// The live record under `key`. A dead one reads as absent.
    ///
    /// # Errors
    /// The store failed, or holds what this program can't read.
    pub async fn get(&self, key: &Key) -> Result<Option<Versioned<R>>, Error> {
        let entry = self.store.get(key).await?;
        self.live(key, entry)
    }

    /// The live records under `keys`, in their order, in one round trip where the store can.
    ///
    /// # Errors
    /// The store failed, or holds what this program can't read.
    pub async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<Versioned<R>>>, Error> {
        let entries = self.store.get_many(keys).await?;
        let found = keys.iter().zip(entries);
        found.map(|(key, entry)| self.live(key, entry)).collect()
    }

    /// A record of this kind and one of another, in one round trip if one store keeps both and can.
    ///
    /// # Errors
    /// A store failed, or holds what this program can't read.
    pub async fn get_with<S: Record>(
        &self,
        key: &Key,
        others: &Records<S>,
        other: &Key,
    ) -> Result<(Option<Versioned<R>>, Option<Versioned<S>>), Error> {
        if !Arc::ptr_eq(&self.store, &others.store) {
            return Ok((self.get(key).await?, others.get(other).await?));
        }
        let mut entries = self.store.get_many(&[*key, *other]).await?.into_iter();
        let (first, second) = (entries.next().flatten(), entries.next().flatten());
        Ok((self.live(key, first)?, others.live(other, second)?))
    }

    /// Creates a record, taking over a dead one.
    ///
    /// # Errors
    /// The store failed; whether it was written is then known to be "no", or the error says so.
    pub async fn create(&self, key: &Key, record: &R) -> Result<Result<Version, Conflict>, Error> {
        self.create_as(key, record, self.draw_version()).await
    }

    /// As [`create`](Self::create), with a version of 16 random bytes that were drawn together with
    /// others: each draw is a call of the system.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub async fn create_as(
        &self,
        key: &Key,
        record: &R,
        version: Version,
    ) -> Result<Result<Version, Conflict>, Error> {
        match self.write_as(key, record, version, Expect::Absent).await? {
            Ok(version) => Ok(Ok(version)),
            // Rare, and boxed to leave no room for it in the future of every record.
            Err(Conflict) => Box::pin(self.take_over(key, record, version)).await,
        }
    }

    /// Writes a record over a dead one.
    async fn take_over(
        &self,
        key: &Key,
        record: &R,
        version: Version,
    ) -> Result<Result<Version, Conflict>, Error> {
        let mut retry = Retry::new(&self.environment);
        loop {
            // A dead record may be deleted between reading it and taking it over.
            let expect = match self.store.get(key).await? {
                Some(entry) if self.is_dead(entry.expires_at) => Expect::Version(entry.version),
                Some(_) => return Ok(Err(Conflict)),
                None => Expect::Absent,
            };
            retry.after_conflict(R::NAME).await?;
            if let Ok(version) = self.write_as(key, record, version, expect).await? {
                return Ok(Ok(version));
            }
        }
    }

    /// Writes a record over the version that was read: the one step that decides.
    ///
    /// # Errors
    /// The store failed.
    pub async fn update(
        &self,
        key: &Key,
        record: &R,
        read: Version,
    ) -> Result<Result<Version, Conflict>, Error> {
        self.write(key, record, Expect::Version(read)).await
    }

    /// Writes a record whatever was there: only for terminal states and caches.
    ///
    /// # Errors
    /// The store failed.
    pub async fn overwrite(&self, key: &Key, record: &R) -> Result<(), Error> {
        match self.write(key, record, Expect::Any).await? {
            Ok(_) => Ok(()),
            Err(Conflict) => Err(Error::unavailable(
                "the store answered a conflict to an unconditional put",
                Applied::Unknown,
            )),
        }
    }

    /// Removes a record whatever its version, and returns whether there was one.
    ///
    /// # Errors
    /// The store failed.
    pub async fn remove(&self, key: &Key) -> Result<bool, Error> {
        let outcome = self.remove_expecting(key, Expect::Any).await?;
        Ok(outcome == RemoveOutcome::Removed)
    }

    /// Removes a record if it still has the version that was read.
    ///
    /// # Errors
    /// The store failed.
    pub async fn remove_if(&self, key: &Key, read: Version) -> Result<RemoveOutcome, Error> {
        self.remove_expecting(key, Expect::Version(read)).await
    }

    /// The live record of what was read, if any.
    pub(crate) fn live(
        &self,
        key: &Key,
        entry: Option<Entry>,
    ) -> Result<Option<Versioned<R>>, Error> {
        let entry = entry.filter(|entry| !self.is_dead(entry.expires_at));
        entry.map(|entry| self.read(key, &entry)).transpose()
    }

    fn read(&self, key: &Key, entry: &Entry) -> Result<Versioned<R>, Error> {
        let version = entry.version;
        let record = decode(self.sealing_key.as_deref(), key, version, &entry.value)?;
        Ok(Versioned { record, version })
    }

    pub(crate) fn is_dead(&self, expires_at: Option<Timestamp>) -> bool {
        expires_at.is_some_and(|at| at <= self.environment.now())
    }

    fn draw_version(&self) -> Version {
        Version(self.environment.random_bytes())
    }

    pub(crate) async fn write(
        &self,
        key: &Key,
        record: &R,
        expect: Expect,
    ) -> Result<Result<Version, Conflict>, Error> {
        let version = self.draw_version();
        self.write_as(key, record, version, expect).await
    }

    async fn write_as(
        &self,
        key: &Key,
        record: &R,
        version: Version,
        expect: Expect,
    ) -> Result<Result<Version, Conflict>, Error> {
        let put = Put {
            key: *key,
            value: encode(self.sealing_key.as_deref(), key, version, record)?,
            version,
            expires_at: record.expires_at(),
            expect,
        };
        put.check_size()?;
        self.store.observe_time(Moment::of(&self.environment));
        let outcome = match self.store.put(&put).await {
            Ok(outcome) => outcome,
            // Rare, and boxed to leave no room for it in the future of every write.
            Err(error) => Box::pin(self.put_again(&put, error)).await?,
        };
        Ok(match outcome {
            PutOutcome::Stored => Ok(version),
            PutOutcome::Conflict => Err(Conflict),
        })
    }

    /// Repeats a put after an error, which rule 3 makes safe.
    async fn put_again(&self, put: &Put, mut error: Error) -> Result<PutOutcome, Error> {
        let mut retry = Retry::new(&self.environment).until(self.repeat_until);
        loop {
            retry.after_error(error).await?;
            match self.store.put(put).await {
                Ok(outcome) => return Ok(outcome),
                Err(again) => error = again,
            }
        }
    }

    pub(crate) async fn remove_expecting(
        &self,
        key: &Key,
        expect: Expect,
    ) -> Result<RemoveOutcome, Error> {
        let mut retry = Retry::new(&self.environment).until(self.repeat_until);
        loop {
            match self.store.remove(key, expect).await {
                // The try before it may have been the one that removed it.
                Ok(RemoveOutcome::Absent) if retry.has_begun() => {
                    return Ok(RemoveOutcome::Removed);
                }
                Ok(outcome) => return Ok(outcome),
                Err(error) => retry.after_error(error).await?,
            }
        }
    }
}

impl<R> Clone for Records<R> {
    fn clone(&self) -> Self {
        Self {
            store: Arc::clone(&self.store),
            namespace: self.namespace,
            environment: self.environment.clone(),
            sealing_key: self.sealing_key.clone(),
            repeat_until: self.repeat_until,
            kind: std::marker::PhantomData,
        }
    }
}

impl<R: Record> std::fmt::Debug for Records<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Records")
            .field("kind", &R::NAME)
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
