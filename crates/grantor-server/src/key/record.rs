//! The record of all keys of a server.

use std::collections::BTreeMap;
use std::time::Duration;

use grantor_core::{Environment, Timestamp};
use grantor_jose::{Algorithm, Key, base64url};
use grantor_store::{Error, Kind, Record, kinds};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

/// The time for which a key is published before it signs. APIs read the keys again within the five
/// minutes of their document, and every process of the server within a minute.
pub(crate) const PUBLISHED_AHEAD: Duration = Duration::from_secs(600);

/// All keys of a server, so that rotating any of them is one conditional put.
#[derive(Serialize, Deserialize)]
pub(crate) struct KeysRecord {
    pub(super) signing: Vec<SigningKey>,
    pub(super) mac: Vec<MacKeyRecord>,
    /// A key for each further purpose, by its label.
    #[serde(default)]
    pub(super) purposes: BTreeMap<String, String>,
}

/// A key that signs access tokens.
#[derive(Serialize, Deserialize)]
pub(super) struct SigningKey {
    pub(super) algorithm: Algorithm,
    pkcs8: String,
    pub(super) created_at: Timestamp,
    /// The time from which it signs; it is published before, so that everybody knows it by then. That
    /// of its creation, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signs_from: Option<Timestamp>,
    /// The longest lifetime in seconds of a token that it signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) longest_lifetime: Option<u64>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct MacKeyRecord {
    pub(super) id: u16,
    pub(super) key: String,
    pub(super) created_at: Timestamp,
}

impl SigningKey {
    /// A new key. RSA keys take a while.
    pub(super) fn generate(
        algorithm: Algorithm,
        now: Timestamp,
        signs_from: Timestamp,
    ) -> Result<Self, Error> {
        let failed = |_| Error::corrupt("the cryptography library made no key");
        let key = Key::generate(algorithm).map_err(failed)?;
        Ok(Self {
            algorithm,
            pkcs8: base64url::encode(&*key.to_pkcs8_der().map_err(failed)?),
            created_at: now,
            signs_from: (signs_from != now).then_some(signs_from),
            longest_lifetime: None,
        })
    }

    pub(super) fn signs_from(&self) -> Timestamp {
        self.signs_from.unwrap_or(self.created_at)
    }

    pub(super) fn sign_from(&mut self, at: Timestamp) {
        self.signs_from = (at != self.created_at).then_some(at);
    }

    /// Returns whether it was published ahead, and does not sign yet. A key that signs from its creation
    /// on never waits, also by a clock that lags behind; one from far ahead is a wrong clock's.
    pub(super) fn is_waiting(&self, now: Timestamp) -> bool {
        let from = self.signs_from();
        from > now && (from != self.created_at || from > now + PUBLISHED_AHEAD)
    }

    /// The time for which there may be tokens of it after it stopped signing.
    pub(super) fn longest_lifetime(&self) -> Duration {
        Duration::from_secs(self.longest_lifetime.unwrap_or_default())
    }

    pub(super) fn parse(&self) -> Result<Key, Error> {
        let unreadable = || Error::corrupt("the server's keys can't be read");
        let pkcs8 = Zeroizing::new(base64url::decode(&self.pkcs8).map_err(|_| unreadable())?);
        Key::from_pkcs8_der(self.algorithm, &pkcs8).map_err(|_| unreadable())
    }
}

impl KeysRecord {
    /// The keys of a first start.
    pub(super) fn make(environment: &Environment, now: Timestamp) -> Result<Self, Error> {
        let signing = [Algorithm::Es256, Algorithm::EdDsa];
        let signing = signing.map(|algorithm| SigningKey::generate(algorithm, now, now));
        Ok(Self {
            signing: signing.into_iter().collect::<Result<_, _>>()?,
            mac: vec![MacKeyRecord {
                id: 1,
                key: environment.random_text::<32>(),
                created_at: now,
            }],
            purposes: BTreeMap::new(),
        })
    }

    /// Adds a key that signs from `signs_from` on.
    pub(super) fn add(
        &mut self,
        algorithm: Algorithm,
        now: Timestamp,
        signs_from: Timestamp,
        longest_lifetime: Duration,
    ) -> Result<(), Error> {
        let mut key = SigningKey::generate(algorithm, now, signs_from)?;
        key.longest_lifetime = Some(longest_lifetime.as_secs());
        self.signing.push(key);
        Ok(())
    }
}

impl Drop for KeysRecord {
    fn drop(&mut self) {
        self.signing.iter_mut().for_each(|key| key.pkcs8.zeroize());
        self.mac.iter_mut().for_each(|key| key.key.zeroize());
        self.purposes.values_mut().for_each(Zeroize::zeroize);
    }
}

impl Record for KeysRecord {
    const KIND: Kind = kinds::SERVER_KEYS;
    const NAME: &'static str = "the server's keys";
    const SEALED: bool = true;

    fn expires_at(&self) -> Option<Timestamp> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_stored_formats_are_pinned() {
        grantor_store::contract::assert_own_formats::<KeysRecord>();
    }
}
