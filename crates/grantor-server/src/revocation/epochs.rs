//! Reading and writing of epochs.

use grantor_core::Environment;
use grantor_store::{Cached, Diagnostics, Key, Records, Stores};

use super::epoch_record::EpochRecord;
use crate::cached::{CACHE_CAPACITY, CACHE_TTL};
use crate::error::Error;

/// The epochs of sessions and subjects. There is a record only once something was revoked.
#[derive(Debug)]
pub(crate) struct Epochs {
    records: Records<EpochRecord>,
    environment: Environment,
    cache: Cached<Key, String>,
}

impl Epochs {
    pub(crate) fn prepare(stores: &Stores, diagnostics: &mut Diagnostics) -> Option<Self> {
        Some(Self {
            records: diagnostics.records(stores)?,
            environment: stores.environment().clone(),
            cache: Cached::new(stores.environment().clone(), CACHE_CAPACITY, CACHE_TTL),
        })
    }

    pub(crate) async fn subject(&self, subject: &str) -> Result<String, Error> {
        self.read(&self.subject_key(subject)).await
    }

    /// Like [`subject`](Self::subject), read from the store: for a login that may follow a
    /// revocation at once.
    pub(crate) async fn subject_now(&self, subject: &str) -> Result<String, Error> {
        let key = self.subject_key(subject);
        self.cache.remove(&key);
        self.read(&key).await
    }

    pub(crate) async fn session(&self, session: &str) -> Result<String, Error> {
        self.read(&self.session_key(session)).await
    }

    /// The epoch of a subject and that of a session of theirs, in one round trip where the store can.
    pub(crate) async fn subject_and_session(
        &self,
        subject: &str,
        session: &str,
    ) -> Result<(String, String), Error> {
        let keys = [self.subject_key(subject), self.session_key(session)];
        let (first, second) = (self.cache.get(&keys[0]), self.cache.get(&keys[1]));
        if let (Some(first), Some(second)) = (first, second) {
            return Ok((first, second));
        }
        let read_at = self.cache.before_reading();
        let stored = self.records.get_many(&keys).await?;
        let mut epochs = stored.into_iter().map(|stored| {
            let stored = stored.map(|stored| stored.record.epoch);
            stored.unwrap_or_default()
        });
        let both = [epochs.next(), epochs.next()].map(Option::unwrap_or_default);
        for (key, epoch) in keys.iter().zip(&both) {
            self.cache.insert(*key, epoch.clone(), read_at);
        }
        Ok(both.into())
    }

    pub(crate) async fn revoke_subject(&self, subject: &str) -> Result<(), Error> {
        self.revoke(self.subject_key(subject)).await
    }

    pub(crate) async fn revoke_session(&self, session: &str) -> Result<(), Error> {
        self.revoke(self.session_key(session)).await
    }

    /// Revokes everything of a subject, calls `remove`, and revokes once more, for a login that came
    /// in between.
    pub(crate) async fn remove_subject<T, E: From<Error>>(
        &self,
        subject: &str,
        remove: impl AsyncFnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        self.revoke_subject(subject).await?;
        let removed = remove().await?;
        self.revoke_subject(subject).await?;
        Ok(removed)
    }

    async fn read(&self, key: &Key) -> Result<String, Error> {
        if let Some(epoch) = self.cache.get(key) {
            return Ok(epoch);
        }
        let read_at = self.cache.before_reading();
        let stored = self.records.get(key).await?;
        let epoch = stored.map(|s| s.record.epoch).unwrap_or_default();
        self.cache.insert(*key, epoch.clone(), read_at);
        Ok(epoch)
    }

    async fn revoke(&self, key: Key) -> Result<(), Error> {
        let epoch = self.environment.random_text::<8>();
        self.records.overwrite(&key, &EpochRecord { epoch }).await?;
        self.cache.remove(&key);
        Ok(())
    }

    fn subject_key(&self, subject: &str) -> Key {
        self.records.key_of_name(&format!("subject:{subject}"))
    }

    fn session_key(&self, session: &str) -> Key {
        self.records.key_of_name(&format!("session:{session}"))
    }
}
