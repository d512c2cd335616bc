//! Signing keys, for programs that administer a server.

use grantor_core::Timestamp;
use grantor_jose::Algorithm;
use grantor_store::{Change, Records, Stores};

use super::record::{KeysRecord, PUBLISHED_AHEAD, SigningKey};
use super::rotation::Removed;
use crate::error::Error;

/// The signing keys in a server's store, for a program that administers them. A server that runs notices
/// a change within a minute.
#[derive(Debug)]
pub struct StoredKeys {
    records: Records<KeysRecord>,
    stores: Stores,
}

/// A signing key, without its private part.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredKey {
    /// Its identifier, `kid` in the header of its tokens: the thumbprint of the public key, so that no
    /// two keys have the same.
    pub id: String,
    /// The algorithm that it signs with.
    pub algorithm: Algorithm,
    /// When it was made.
    pub created_at: Timestamp,
    /// Its state.
    pub state: KeyState,
}

/// The state of a signing key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyState {
    /// It is published, and signs from then on.
    Next(Timestamp),
    /// It signs, if the server issues JWTs of its algorithm.
    Active,
    /// It was replaced, and is published until its last token has expired.
    Retiring(Timestamp),
}

/// When a new key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RotateAt {
    /// Ten minutes from now, when whoever reads the keys knows it.
    Published,
    /// Now. Those who don't look for an unknown key anew refuse its tokens for a while.
    Now,
}

impl StoredKeys {
    /// The keys in `stores`.
    ///
    /// # Errors
    /// The stores can't carry keys.
    pub fn open(stores: &Stores) -> Result<Self, Error> {
        Ok(Self {
            records: stores.records().map_err(Error::Internal)?,
            stores: stores.clone(),
        })
    }

    /// The signing keys, in the order in which they were made; none before the first start of a server.
    ///
    /// # Errors
    /// The store failed.
    pub async fn list(&self) -> Result<Vec<StoredKey>, Error> {
        let now = self.stores.environment().now();
        let Some(stored) = self.records.get(&self.records.key(&[])).await? else {
            return Ok(Vec::new());
        };
        let record = &stored.record;
        let keys = record.signing.iter();
        keys.map(|key| described(record, key, now)).collect()
    }

    /// Adds a key for `algorithm`, which takes the place of the one that signs. The old one stays
    /// published until its last token has expired. Of several calls at the same moment none undoes
    /// another: those that publish ahead share one key, and one of [`RotateAt::Now`] signs.
    ///
    /// # Errors
    /// No server has made keys yet, the store failed, or another machine's clock is ahead of this one's.
    pub async fn rotate(&self, algorithm: Algorithm, at: RotateAt) -> Result<StoredKey, Error> {
        let environment = self.stores.environment();
        let began = environment.now();
        let decide = |stored: Option<KeysRecord>| async move {
            // After a conflict the time is another one too.
            let now = environment.now();
            let none = "there are no keys yet: a server makes them when it first starts";
            let mut record = stored.ok_or_else(|| Error::invalid_request(none))?;
            let signs_from = match at {
                RotateAt::Now => now,
                RotateAt::Published => {
                    if let Some(waiting) = record.waiting_since(began, algorithm, now) {
                        return Ok(Change::Keep(described(&record, waiting, now)?));
                    }
                    now + PUBLISHED_AHEAD
                }
            };
            record.rotate(began, algorithm, now, signs_from)?;
            let added = record.signing.last();
            let added = added.ok_or_else(|| Error::Internal("no key was added".to_owned()))?;
            let added = described(&record, added, now)?;
            if at == RotateAt::Now && added.state != KeyState::Active {
                return Err(Error::Internal(CLOCK_AHEAD.to_owned()));
            }
            Ok(Change::Write(record, added))
        };
        self.records.change(&self.records.key(&[]), decide).await
    }

    /// Removes a key at once, for one that somebody else has: its tokens are refused, and it is published
    /// no longer. In place of the key that signs, a new one signs at once, which is returned.
    ///
    /// Every server on the store follows within a minute. An API that verifies tokens offline accepts
    /// those of the removed key until it reads the published keys again.
    ///
    /// # Errors
    /// There is no such key, or the store failed.
    pub async fn remove(&self, id: &str) -> Result<Option<StoredKey>, Error> {
        let environment = self.stores.environment();
        let decide = |stored: Option<KeysRecord>| async move {
            let now = environment.now();
            let unknown = || Error::invalid_request(format!("there is no signing key {id:?}"));
            let mut record = stored.ok_or_else(unknown)?;
            let removed = record.remove(id, now)?.ok_or_else(unknown)?;
            let added = record.signing.last();
            let added = added.filter(|_| removed == Removed::Replaced);
            let added = added.map(|key| described(&record, key, now)).transpose()?;
            Ok::<_, Error>(Change::Write(record, added))
        };
        self.records.change(&self.records.key(&[]), decide).await
    }
}

const CLOCK_AHEAD: &str = "the new key would not sign: the key before it was made by a clock that is ahead \
                           of this one; set the clocks, and try again";

fn described(record: &KeysRecord, key: &SigningKey, now: Timestamp) -> Result<StoredKey, Error> {
    Ok(StoredKey {
        id: key.parse()?.key_id().to_owned(),
        algorithm: key.algorithm,
        created_at: key.created_at,
        state: match record.last_token_expires(key, now) {
            Some(until) => KeyState::Retiring(until),
            None if key.signs_from() > now => KeyState::Next(key.signs_from()),
            None => KeyState::Active,
        },
    })
}
