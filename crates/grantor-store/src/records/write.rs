//! Writing and removing the records of a kind.

use super::{Conflict, Records};
use crate::error::{Applied, Error};
use crate::key::Key;
use crate::record::{Record, encode};
use crate::retry::Retry;
use crate::store::{Expect, Moment, Put, PutOutcome, RemoveOutcome, Version};

impl<R: Record> Records<R> {
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
