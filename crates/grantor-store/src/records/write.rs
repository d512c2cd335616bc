//! Writing and removing the records of a kind.

use super::{Conflict, Records};
use crate::error::{Applied, Error};
use crate::key::Key;
use crate::record::{Record, encode};
use crate::store::{Expect, Put, RemoveOutcome, Version};

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
        let put = self.as_put(key, record, version, Expect::Absent)?;
        self.place.create(R::NAME, put).await
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
        Version(self.environment().random_bytes())
    }

    pub(crate) async fn write(
        &self,
        key: &Key,
        record: &R,
        expect: Expect,
    ) -> Result<Result<Version, Conflict>, Error> {
        let put = self.as_put(key, record, self.draw_version(), expect)?;
        self.place.put(&put).await
    }

    fn as_put(
        &self,
        key: &Key,
        record: &R,
        version: Version,
        expect: Expect,
    ) -> Result<Put, Error> {
        Ok(Put {
            key: *key,
            value: encode(self.place.sealing_key.as_deref(), key, version, record)?,
            version,
            expires_at: record.expires_at(),
            expect,
        })
    }

    pub(crate) async fn remove_expecting(
        &self,
        key: &Key,
        expect: Expect,
    ) -> Result<RemoveOutcome, Error> {
        self.place.remove(key, expect).await
    }
}
