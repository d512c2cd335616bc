//! The records of one kind: reading them, and the judgement whether one is dead.

mod keys;
mod place;
mod write;

use std::sync::Arc;
use std::time::Duration;

use grantor_core::Environment;

use self::place::Place;
use crate::error::Error;
use crate::key::{Key, Namespace};
use crate::placement::Placement;
use crate::record::{Record, decode};
use crate::store::{Entry, Store, Version};

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
    place: Place,
    kind: std::marker::PhantomData<fn() -> R>,
}

impl<R: Record> Records<R> {
    /// The records of kind `R` at `placement`.
    ///
    /// # Errors
    /// The store can't carry records of this class, or they must be sealed and there is no key. The
    /// message names the kind, the store and the reason.
    pub fn open(placement: &Placement) -> Result<Self, String> {
        let place = Place::open(placement, R::KIND, R::NAME, R::SEALED)?;
        let kind = std::marker::PhantomData;
        Ok(Self { place, kind })
    }

    /// The same records. A write whose outcome the store does not know is repeated verbatim until the
    /// clock ([`Clock::elapsed`](grantor_core::Clock::elapsed)) shows `elapsed`, rather than eight times
    /// within a second: for the write that decides a request, whose deadline that is.
    #[must_use]
    pub fn repeat_until(&self, elapsed: Duration) -> Self {
        let mut records = self.clone();
        records.place.repeat_until = Some(elapsed);
        records
    }

    pub(crate) fn namespace(&self) -> Namespace {
        self.place.namespace
    }

    pub(crate) fn environment(&self) -> &Environment {
        &self.place.environment
    }

    /// The store behind these records.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.place.store
    }

    /// The live record under `key`. A dead one reads as absent.
    ///
    /// # Errors
    /// The store failed, or holds what this program can't read.
    pub async fn get(&self, key: &Key) -> Result<Option<Versioned<R>>, Error> {
        let entry = self.place.store.get(key).await?;
        self.live(key, entry)
    }

    /// The live records under `keys`, in their order, in one round trip where the store can.
    ///
    /// # Errors
    /// The store failed, or holds what this program can't read.
    pub async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<Versioned<R>>>, Error> {
        let entries = self.place.store.get_many(keys).await?;
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
        if !Arc::ptr_eq(&self.place.store, &others.place.store) {
            return Ok((self.get(key).await?, others.get(other).await?));
        }
        let mut entries = self
            .place
            .store
            .get_many(&[*key, *other])
            .await?
            .into_iter();
        let (first, second) = (entries.next().flatten(), entries.next().flatten());
        Ok((self.live(key, first)?, others.live(other, second)?))
    }

    /// The live record of what was read, if any.
    pub(crate) fn live(
        &self,
        key: &Key,
        entry: Option<Entry>,
    ) -> Result<Option<Versioned<R>>, Error> {
        let entry = entry.filter(|entry| !self.place.is_dead(entry.expires_at));
        entry.map(|entry| self.read(key, &entry)).transpose()
    }

    fn read(&self, key: &Key, entry: &Entry) -> Result<Versioned<R>, Error> {
        let version = entry.version;
        let record = decode(
            self.place.sealing_key.as_deref(),
            key,
            version,
            &entry.value,
        )?;
        Ok(Versioned { record, version })
    }
}

impl<R> Clone for Records<R> {
    fn clone(&self) -> Self {
        Self {
            place: self.place.clone(),
            kind: std::marker::PhantomData,
        }
    }
}

impl<R: Record> std::fmt::Debug for Records<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Records")
            .field("kind", &R::NAME)
            .field("store", &self.place.store)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
