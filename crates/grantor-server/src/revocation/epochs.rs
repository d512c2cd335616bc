use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use grantor_core::Environment;
use grantor_store::{Diagnostics, Key, Records, Stores};

use super::{AnchorRecord, ConsentRecord};
use crate::Error;

/// What tokens hang on. Ending one ends them all, with one write and without finding them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Anchor {
    /// One authorization, by its identifier.
    Grant(String),
    /// A session of the site.
    Session(String),
    /// All that a subject has allowed a client.
    Consent {
        /// Whose consent.
        subject: String,
        /// For which client.
        client_id: String,
    },
    /// A user.
    Subject(String),
}

/// How long an epoch is good without asking the store again.
const FRESH: Duration = Duration::from_secs(1);
const MOST_CACHED: usize = 10_000;

/// The epochs of sessions, subjects and consents.
#[derive(Debug)]
pub(crate) struct Epochs {
    anchors: Records<AnchorRecord>,
    consents: Records<ConsentRecord>,
    environment: Environment,
    cache: Mutex<HashMap<Key, (String, Duration)>>,
}

impl Epochs {
    pub(crate) fn prepare(stores: &Stores, diagnostics: &mut Diagnostics) -> Option<Self> {
        let anchors = diagnostics.records(stores);
        let consents = diagnostics.records(stores);
        Some(Self {
            anchors: anchors?,
            consents: consents?,
            environment: stores.environment().clone(),
            cache: Mutex::default(),
        })
    }

    pub(crate) fn consents(&self) -> &Records<ConsentRecord> {
        &self.consents
    }

    pub(crate) async fn subject(&self, subject: &str) -> Result<String, Error> {
        self.epoch(&self.subject_key(subject)).await
    }

    /// As [`subject`](Self::subject), read from the store: for a login that may follow the end of
    /// everything before it at once.
    pub(crate) async fn subject_now(&self, subject: &str) -> Result<String, Error> {
        let key = self.subject_key(subject);
        self.forget(&key);
        self.epoch(&key).await
    }

    pub(crate) async fn session(&self, session: &str) -> Result<String, Error> {
        self.epoch(&self.session_key(session)).await
    }

    /// The epoch of a consent; none if it was taken back.
    pub(crate) async fn consent(
        &self,
        subject: &str,
        client_id: &str,
    ) -> Result<Option<String>, Error> {
        let key = self.consent_key(subject, client_id);
        if let Some(epoch) = self.cached(&key) {
            return Ok(Some(epoch));
        }
        let read_at = self.environment.clock.elapsed();
        let Some(loaded) = self.consents.get(&key).await? else {
            return Ok(None);
        };
        self.remember(key, &loaded.record.epoch, read_at);
        Ok(Some(loaded.record.epoch))
    }

    pub(crate) fn consent_key(&self, subject: &str, client_id: &str) -> Key {
        let name = ConsentRecord::name(subject, client_id);
        self.consents.key_of_name(&name)
    }

    /// Ends what hangs on a subject.
    pub(crate) async fn end_subject(&self, subject: &str) -> Result<(), Error> {
        self.end(self.subject_key(subject)).await
    }

    /// Ends what hangs on a session.
    pub(crate) async fn end_session(&self, session: &str) -> Result<(), Error> {
        self.end(self.session_key(session)).await
    }

    /// Takes a consent back.
    pub(crate) async fn end_consent(&self, subject: &str, client_id: &str) -> Result<(), Error> {
        let key = self.consent_key(subject, client_id);
        self.consents.remove(&key).await?;
        self.lock().remove(&key);
        Ok(())
    }

    pub(crate) fn forget(&self, key: &Key) {
        self.lock().remove(key);
    }

    async fn epoch(&self, key: &Key) -> Result<String, Error> {
        if let Some(epoch) = self.cached(key) {
            return Ok(epoch);
        }
        let read_at = self.environment.clock.elapsed();
        let loaded = self.anchors.get(key).await?;
        let epoch = loaded.map(|l| l.record.epoch).unwrap_or_default();
        self.remember(*key, &epoch, read_at);
        Ok(epoch)
    }

    async fn end(&self, key: Key) -> Result<(), Error> {
        let epoch = self.environment.random_text::<8>();
        self.anchors
            .overwrite(&key, &AnchorRecord { epoch })
            .await?;
        self.lock().remove(&key);
        Ok(())
    }

    fn subject_key(&self, subject: &str) -> Key {
        self.anchors.key_of_name(&format!("subject:{subject}"))
    }

    fn session_key(&self, session: &str) -> Key {
        self.anchors.key_of_name(&format!("session:{session}"))
    }

    fn cached(&self, key: &Key) -> Option<String> {
        let now = self.environment.clock.elapsed();
        let cache = self.lock();
        let (epoch, read_at) = cache.get(key)?;
        (now.saturating_sub(*read_at) < FRESH).then(|| epoch.clone())
    }

    /// `read_at` is from before the store was asked, so that a slow answer is not fresh for longer.
    fn remember(&self, key: Key, epoch: &str, read_at: Duration) {
        let mut cache = self.lock();
        if cache.len() >= MOST_CACHED {
            cache.clear();
        }
        cache.insert(key, (epoch.to_owned(), read_at));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, (String, Duration)>> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
