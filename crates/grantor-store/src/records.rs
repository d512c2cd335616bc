use std::sync::Arc;

use bytes::Bytes;
use grantor_core::{Environment, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Applied, Class, Error, Expect, Key, Namespace, Put, PutOutcome, Store, Version};

/// A typed record: JSON behind one byte that names its format.
///
/// Fields may be added (with `#[serde(default)]`) without a new format, so that servers of two
/// versions can share a store during an upgrade. A change that an older reader would misread gets a
/// new [`FORMAT`](Self::FORMAT), which older readers refuse.
pub trait Record: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Two letters in every key of this kind.
    const KIND: [u8; 2];
    /// What it is called in messages.
    const NAME: &'static str;
    /// What it asks of its store.
    const CLASS: Class;
    /// The newest format that this program writes and reads.
    const FORMAT: u8 = 1;

    /// When the record is dead; never, if absent.
    fn expires_at(&self) -> Option<Timestamp>;
}

/// A live record as it was read.
#[derive(Debug, Clone)]
pub struct Loaded<R> {
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
    kind: std::marker::PhantomData<fn() -> R>,
}

impl<R: Record> Records<R> {
    /// Records of one kind in `store`.
    ///
    /// # Errors
    /// The store can't carry records of this class; the message says why.
    pub fn new(
        store: Arc<dyn Store>,
        namespace: Namespace,
        environment: Environment,
    ) -> Result<Self, String> {
        if let Some(reason) = R::CLASS.refuses(&store.capabilities()) {
            return Err(format!("{} can't be kept there: {reason}", R::NAME));
        }
        Ok(Self {
            store,
            namespace,
            environment,
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
    pub async fn get(&self, key: &Key) -> Result<Option<Loaded<R>>, Error> {
        match self.get_any(key).await? {
            Some((loaded, true)) => Ok(Some(loaded)),
            _ => Ok(None),
        }
    }

    /// Creates a record, taking over a dead one.
    ///
    /// # Errors
    /// The store failed; whether it was written is then known to be "no", or the error says so.
    pub async fn create(&self, key: &Key, record: &R) -> Result<Result<Version, Conflict>, Error> {
        match self.write(key, record, Expect::Absent).await? {
            Ok(version) => Ok(Ok(version)),
            Err(Conflict) => match self.store.get(key).await? {
                Some(entry) if self.is_dead(entry.expires_at) => {
                    self.write(key, record, Expect::Version(entry.version))
                        .await
                }
                Some(_) => Ok(Err(Conflict)),
                None => self.write(key, record, Expect::Absent).await,
            },
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
    ) -> Result<Option<Vec<(Key, Loaded<R>)>>, Error> {
        let Some(listing) = self.store.listing() else {
            return Ok(None);
        };
        let prefix = self.namespace.prefix(R::KIND);
        let mut found = Vec::new();
        for (key, entry) in listing.list(&prefix, after, limit).await? {
            if !self.is_dead(entry.expires_at) {
                let record = decode::<R>(&entry.value)?;
                let version = entry.version;
                found.push((key, Loaded { record, version }));
            }
        }
        Ok(Some(found))
    }

    async fn get_any(&self, key: &Key) -> Result<Option<(Loaded<R>, bool)>, Error> {
        let Some(entry) = self.store.get(key).await? else {
            return Ok(None);
        };
        let live = !self.is_dead(entry.expires_at);
        let record = decode::<R>(&entry.value)?;
        let version = entry.version;
        Ok(Some((Loaded { record, version }, live)))
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
        let put = Put {
            key: *key,
            value: encode(record)?,
            version: Version(self.environment.random_bytes()),
            expires_at: record.expires_at(),
            expect,
        };
        if put.value.len() > Put::MAX_VALUE {
            return Err(Error::too_large(put.value.len()));
        }
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

fn encode<R: Record>(record: &R) -> Result<Bytes, Error> {
    let mut bytes = Vec::with_capacity(256);
    bytes.push(R::FORMAT);
    serde_json::to_writer(&mut bytes, record)
        .map_err(|error| Error::corrupt(format!("{} can't be written: {error}", R::NAME)))?;
    Ok(bytes.into())
}

fn decode<R: Record>(bytes: &[u8]) -> Result<R, Error> {
    match bytes.split_first() {
        Some((format, json)) if *format <= R::FORMAT && *format > 0 => serde_json::from_slice(json)
            .map_err(|error| {
                // The position says enough; the text of the error may quote the record.
                let (line, column) = (error.line(), error.column());
                Error::corrupt(format!(
                    "{} can't be read (line {line}, column {column})",
                    R::NAME
                ))
            }),
        Some((format, _)) => Err(Error::newer(format!(
            "{} has format {format}, this program reads up to {}: use the newer grantor that wrote it",
            R::NAME,
            R::FORMAT
        ))),
        None => Err(Error::corrupt(format!("{} is empty", R::NAME))),
    }
}
