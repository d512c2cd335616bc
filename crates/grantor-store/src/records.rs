use std::sync::Arc;

use grantor_core::{Environment, Timestamp};
use grantor_jose::seal::SealingKey;

use crate::record::{decode, encode};
use crate::{
    Applied, Entry, Error, Expect, Key, Namespace, Put, PutOutcome, Record, Store, Version,
};

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
    kind: std::marker::PhantomData<fn() -> R>,
}

impl<R: Record> Records<R> {
    /// Records of one kind in `store`. Sealed kinds need [`sealed`](Self::sealed).
    ///
    /// # Errors
    /// The store can't carry records of this class, or they are sealed; the message says why.
    pub fn new(
        store: Arc<dyn Store>,
        namespace: Namespace,
        environment: Environment,
    ) -> Result<Self, String> {
        Self::build(store, namespace, environment, None)
    }

    /// Records of one kind in `store`, sealed under `sealing_key` if their kind asks for it.
    ///
    /// # Errors
    /// The store can't carry records of this class; the message says why.
    pub fn sealed(
        store: Arc<dyn Store>,
        namespace: Namespace,
        environment: Environment,
        sealing_key: Arc<SealingKey>,
    ) -> Result<Self, String> {
        Self::build(store, namespace, environment, Some(sealing_key))
    }

    /// As [`sealed`](Self::sealed), in a store that no other process uses while this one does. The
    /// caller promises that; then it does not matter if conditional puts hold within a process only,
    /// and what is evicted is missed by this process alone.
    ///
    /// # Errors
    /// The store can't carry records of this class even so; the message says why.
    pub fn single_process(
        store: Arc<dyn Store>,
        namespace: Namespace,
        environment: Environment,
        sealing_key: Arc<SealingKey>,
    ) -> Result<Self, String> {
        Self::unchecked(store, namespace, environment, Some(sealing_key))
    }

    fn build(
        store: Arc<dyn Store>,
        namespace: Namespace,
        environment: Environment,
        sealing_key: Option<Arc<SealingKey>>,
    ) -> Result<Self, String> {
        if let Some(reason) = R::CLASS.refuses(&store.capabilities()) {
            return Err(format!("{} can't be kept there: {reason}", R::NAME));
        }
        Self::unchecked(store, namespace, environment, sealing_key)
    }

    /// As above, for a store that the caller has judged.
    pub(crate) fn unchecked(
        store: Arc<dyn Store>,
        namespace: Namespace,
        environment: Environment,
        sealing_key: Option<Arc<SealingKey>>,
    ) -> Result<Self, String> {
        if R::SEALED && sealing_key.is_none() {
            return Err(format!("{} must be sealed: give a master key", R::NAME));
        }
        Ok(Self {
            store,
            namespace,
            environment,
            sealing_key: sealing_key.filter(|_| R::SEALED),
            kind: std::marker::PhantomData,
        })
    }

    /// The key of the record that we minted `identifier` for.
    #[must_use]
    pub fn key(&self, identifier: &[u8]) -> Key {
        self.namespace.key(R::KIND, identifier)
    }

    /// The key of the record with a name that somebody else chose.
    #[must_use]
    pub fn key_of_name(&self, name: &str) -> Key {
        self.namespace.key_of_name(R::KIND, name)
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
        match self.get_any(key).await? {
            Some((versioned, true)) => Ok(Some(versioned)),
            _ => Ok(None),
        }
    }

    /// Creates a record, taking over a dead one.
    ///
    /// # Errors
    /// The store failed; whether it was written is then known to be "no", or the error says so.
    pub async fn create(&self, key: &Key, record: &R) -> Result<Result<Version, Conflict>, Error> {
        let mut expect = Expect::Absent;
        // A dead record may be deleted between reading it and taking it over.
        for _ in 0..8 {
            if let Ok(version) = self.write(key, record, expect).await? {
                return Ok(Ok(version));
            }
            expect = match self.store.get(key).await? {
                Some(entry) if self.is_dead(entry.expires_at) => Expect::Version(entry.version),
                Some(_) => return Ok(Err(Conflict)),
                None => Expect::Absent,
            };
        }
        Ok(Err(Conflict))
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

    /// Removes a record whatever its version. Whether there was one.
    ///
    /// # Errors
    /// The store failed.
    pub async fn remove(&self, key: &Key) -> Result<bool, Error> {
        let outcome = self.store.remove(key, Expect::Any).await?;
        Ok(outcome == crate::RemoveOutcome::Removed)
    }

    /// Every live record of this kind, at most `limit` after `after`; none if the store can't list.
    ///
    /// # Errors
    /// The store failed, or holds what this program can't read.
    pub async fn list(
        &self,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Option<Vec<(Key, Versioned<R>)>>, Error> {
        let Some(listing) = self.store.listing() else {
            return Ok(None);
        };
        let prefix = self.namespace.prefix(R::KIND);
        let mut found = Vec::new();
        for (key, entry) in listing.list(&prefix, after, limit).await? {
            if !self.is_dead(entry.expires_at) {
                found.push((key, self.read(&key, &entry)?));
            }
        }
        Ok(Some(found))
    }

    async fn get_any(&self, key: &Key) -> Result<Option<(Versioned<R>, bool)>, Error> {
        let Some(entry) = self.store.get(key).await? else {
            return Ok(None);
        };
        let live = !self.is_dead(entry.expires_at);
        Ok(Some((self.read(key, &entry)?, live)))
    }

    fn read(&self, key: &Key, entry: &Entry) -> Result<Versioned<R>, Error> {
        let version = entry.version;
        let record = decode(self.sealing_key.as_deref(), key, version, &entry.value)?;
        Ok(Versioned { record, version })
    }

    fn is_dead(&self, expires_at: Option<Timestamp>) -> bool {
        expires_at.is_some_and(|at| at <= self.environment.now())
    }

    /// Writes and, when nobody knows whether it happened, repeats the same put once: rule 3 makes
    /// that safe.
    async fn write(
        &self,
        key: &Key,
        record: &R,
        expect: Expect,
    ) -> Result<Result<Version, Conflict>, Error> {
        let version = Version(self.environment.random_bytes());
        let put = Put {
            key: *key,
            value: encode(self.sealing_key.as_deref(), key, version, record)?,
            version,
            expires_at: record.expires_at(),
            expect,
        };
        put.check_size()?;
        self.store.observe_time(self.environment.now());
        let outcome = match self.store.put(&put).await {
            Err(error) if error.applied() == Applied::Unknown => self.store.put(&put).await,
            other => other,
        };
        Ok(match outcome? {
            PutOutcome::Stored => Ok(put.version),
            PutOutcome::Conflict => Err(Conflict),
        })
    }
}

impl<R> Clone for Records<R> {
    fn clone(&self) -> Self {
        Self {
            store: Arc::clone(&self.store),
            namespace: self.namespace,
            environment: self.environment.clone(),
            sealing_key: self.sealing_key.clone(),
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
