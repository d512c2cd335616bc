use grantor_core::Environment;
use grantor_store::{Cached, Diagnostics, Key, Records, Stores};

use super::{AnchorRecord, ConsentRecord};
use crate::Error;
use crate::cached::{CACHE_CAPACITY, CACHE_TTL};

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

/// The epochs of sessions, subjects and consents.
#[derive(Debug)]
pub(crate) struct Epochs {
    anchors: Records<AnchorRecord>,
    consents: Records<ConsentRecord>,
    environment: Environment,
    cache: Cached<Key, String>,
}

impl Epochs {
    pub(crate) fn prepare(stores: &Stores, diagnostics: &mut Diagnostics) -> Option<Self> {
        let anchors = diagnostics.records(stores);
        let consents = diagnostics.records(stores);
        Some(Self {
            anchors: anchors?,
            consents: consents?,
            environment: stores.environment().clone(),
            cache: Cached::new(stores.environment().clone(), CACHE_CAPACITY, CACHE_TTL),
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
        self.cache.remove(&key);
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
        if let Some(epoch) = self.cache.get(&key) {
            return Ok(Some(epoch));
        }
        let read_at = self.cache.before_reading();
        let Some(loaded) = self.consents.get(&key).await? else {
            return Ok(None);
        };
        let epoch = loaded.record.epoch;
        self.cache.insert(key, epoch.clone(), read_at);
        Ok(Some(epoch))
    }

    pub(crate) fn consent_key(&self, subject: &str, client_id: &str) -> Key {
        self.consents.key_under(subject, client_id)
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
        self.cache.remove(&key);
        Ok(())
    }

    pub(crate) fn forget(&self, key: &Key) {
        self.cache.remove(key);
    }

    async fn epoch(&self, key: &Key) -> Result<String, Error> {
        if let Some(epoch) = self.cache.get(key) {
            return Ok(epoch);
        }
        let read_at = self.cache.before_reading();
        let loaded = self.anchors.get(key).await?;
        let epoch = loaded.map(|l| l.record.epoch).unwrap_or_default();
        self.cache.insert(*key, epoch.clone(), read_at);
        Ok(epoch)
    }

    async fn end(&self, key: Key) -> Result<(), Error> {
        let epoch = self.environment.random_text::<8>();
        self.anchors
            .overwrite(&key, &AnchorRecord { epoch })
            .await?;
        self.cache.remove(&key);
        Ok(())
    }

    fn subject_key(&self, subject: &str) -> Key {
        self.anchors.key_of_name(&format!("subject:{subject}"))
    }

    fn session_key(&self, session: &str) -> Key {
        self.anchors.key_of_name(&format!("session:{session}"))
    }
}
