//! A store whose values are all sealed.

use std::fmt;
use std::sync::Arc;

use grantor_core::BoxFuture;
use grantor_jose::seal::SealingKey;

use crate::capabilities::Capabilities;
use crate::error::Error;
use crate::key::{Key, Namespace};
use crate::kinds;
use crate::maintenance::Maintenance;
use crate::record::sealed_for;
use crate::store::{
    Counter, Entry, Expect, Listing, Moment, Put, PutOutcome, RemoveOutcome, Store,
};

/// A store that seals the values of another one, for databases that others may read: they see keys
/// (hashes), times, sizes and counts.
///
/// [`Records`](crate::Records) seal the kinds in [`kinds::SEALED`] themselves. Their values pass as
/// they are; those of all other kinds are sealed here, bound to their key and version. What the other
/// store keeps unsealed already can't be read through this one:
/// [`transfer::copy`](fn@crate::transfer::copy) to a new store seals it on its way.
///
/// While a master key is replaced, give a key that opens also what the one before has sealed
/// ([`MasterKey::opening_also`](crate::MasterKey::opening_also)), and have
/// [`transfer::reseal_store`](crate::transfer::reseal_store) seal the rest.
///
/// ```
/// use std::sync::Arc;
/// use grantor_store::{MasterKey, MemoryStore, SealedStore};
///
/// let key = MasterKey::from_bytes([7; 32]);
/// let store = SealedStore::new(Arc::new(MemoryStore::new()), key.sealing_key());
/// ```
#[derive(Clone)]
pub struct SealedStore {
    store: Arc<dyn Store>,
    key: SealingKey,
}

/// What sealed values are bound to in place of their kind. No record of its own is sealed so.
pub(crate) const ANY_KIND: &[u8] = b"value of a store";

impl SealedStore {
    /// The longest value in bytes: sealing adds 17.
    pub const MAX_VALUE: usize = Put::MAX_VALUE - 17;

    /// Seals what is written to `store`, and opens what is read.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, key: SealingKey) -> Self {
        Self { store, key }
    }

    /// Returns whether a server's records in `store` were written through a `SealedStore` with this key: a
    /// program that opens the store without one can't use them, and would add records that are not sealed.
    ///
    /// # Errors
    /// The store failed.
    pub async fn has_sealed(
        store: &dyn Store,
        namespace: Namespace,
        sealing_key: &SealingKey,
    ) -> Result<bool, Error> {
        // Every server has it.
        let key = namespace.key(kinds::ISSUER_MARK.letters(), &[]);
        let entry = store.get(&key).await?;
        Ok(entry.is_some_and(|entry| {
            let context = sealed_for(ANY_KIND, &key, &entry.version);
            sealing_key.open(&context, &entry.value).is_ok()
        }))
    }

    fn opened(&self, key: &Key, mut entry: Entry) -> Result<Entry, Error> {
        if seals_itself(key) {
            return Ok(entry);
        }
        let context = sealed_for(ANY_KIND, key, &entry.version);
        let opened = self.key.open(&context, &entry.value);
        let opened = opened.map_err(|error| {
            let kind = key.kind().map_or("another kind", |kind| kind.name());
            Error::corrupt(format!("a value ({kind}) can't be read: {error}"))
        })?;
        entry.value = opened.to_vec().into();
        Ok(entry)
    }
}

/// Returns whether the record under `key` is of a kind that is sealed without this store.
fn seals_itself(key: &Key) -> bool {
    key.kind().is_some_and(|kind| kinds::SEALED.contains(&kind))
}

#[cfg(feature = "transfer")]
impl SealedStore {
    pub(crate) fn inner(&self) -> &dyn Store {
        &*self.store
    }

    pub(crate) fn key(&self) -> &SealingKey {
        &self.key
    }
}

impl Store for SealedStore {
    fn capabilities(&self) -> Capabilities {
        self.store.capabilities()
    }

    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        Box::pin(async move {
            let entry = self.store.get(key).await?;
            entry.map(|entry| self.opened(key, entry)).transpose()
        })
    }

    fn put<'a>(&'a self, put: &'a Put) -> BoxFuture<'a, Result<PutOutcome, Error>> {
        Box::pin(async move {
            if seals_itself(&put.key) {
                return self.store.put(put).await;
            }
            let context = sealed_for(ANY_KIND, &put.key, &put.version);
            let sealed = self.key.seal(&context, &put.value);
            let sealed = Put {
                value: sealed
                    .map_err(|_| Error::too_large(put.value.len()))?
                    .into(),
                ..put.clone()
            };
            self.store.put(&sealed).await
        })
    }

    fn remove<'a>(
        &'a self,
        key: &'a Key,
        expect: Expect,
    ) -> BoxFuture<'a, Result<RemoveOutcome, Error>> {
        self.store.remove(key, expect)
    }

    fn get_many<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Result<Vec<Option<Entry>>, Error>> {
        Box::pin(async move {
            let entries = self.store.get_many(keys).await?;
            let found = keys.iter().zip(entries);
            found
                .map(|(key, entry)| entry.map(|entry| self.opened(key, entry)).transpose())
                .collect()
        })
    }

    fn health(&self) -> BoxFuture<'_, Result<(), Error>> {
        self.store.health()
    }

    fn observe_time(&self, moment: Moment) {
        self.store.observe_time(moment);
    }

    fn maintain(&self, moment: Moment) -> BoxFuture<'_, Result<Maintenance, Error>> {
        self.store.maintain(moment)
    }

    fn listing(&self) -> Option<&dyn Listing> {
        self.store.listing().is_some().then_some(self)
    }

    fn counter(self: Arc<Self>) -> Option<Arc<dyn Counter>> {
        Arc::clone(&self.store).counter()
    }
}

impl Listing for SealedStore {
    fn list<'a>(
        &'a self,
        prefix: &'a Key,
        after: Option<&'a Key>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(Key, Entry)>, Error>> {
        Box::pin(async move {
            let missing = || Error::configuration("the sealed store can't list its records");
            let listing = self.store.listing().ok_or_else(missing)?;
            let page = listing.list(prefix, after, limit).await?;
            page.into_iter()
                .map(|(key, entry)| Ok((key, self.opened(&key, entry)?)))
                .collect()
        })
    }

    fn count(&self) -> BoxFuture<'_, Result<Option<u64>, Error>> {
        match self.store.listing() {
            Some(listing) => listing.count(),
            None => Box::pin(std::future::ready(Ok(None))),
        }
    }
}

impl fmt::Debug for SealedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedStore")
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}
