//! The server's keys: one sealed record, made at the first start.

use std::collections::BTreeMap;

use grantor_core::{Environment, Timestamp};
use grantor_jose::digest::MacKey;
use grantor_jose::{Algorithm, Key, KeySet, base64url};
use grantor_store::{Change, Error, Kind, Record, Records, kinds};
use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

/// All keys of a server, so that rotating any of them is one conditional put.
#[derive(Serialize, Deserialize)]
pub(crate) struct KeysRecord {
    signing: Vec<SigningKey>,
    mac: Vec<MacKeyRecord>,
    /// A key for each further purpose, by its label.
    #[serde(default)]
    purposes: BTreeMap<String, String>,
}

/// The purpose of a MAC key, besides refresh tokens. Each has a key of its own, so that one can be
/// replaced without the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Hashes of the secrets that operators chose for clients.
    ClientSecrets,
    /// The values that pages carry through the browser.
    Pages,
}

impl Purpose {
    const ALL: [Self; 2] = [Self::ClientSecrets, Self::Pages];

    /// Its name in the record, for ever.
    fn label(self) -> &'static str {
        match self {
            Self::ClientSecrets => "client-secrets",
            Self::Pages => "pages",
        }
    }
}

#[derive(Serialize, Deserialize)]
struct SigningKey {
    algorithm: Algorithm,
    pkcs8: String,
    created_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct MacKeyRecord {
    id: u16,
    key: String,
    created_at: Timestamp,
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

/// The keys, parsed once.
#[derive(Debug)]
pub(crate) struct Keys {
    signing: Vec<Key>,
    mac: BTreeMap<u16, MacKey>,
    newest_mac: (u16, MacKey),
    client_secrets: MacKey,
    pages: MacKey,
    public: KeySet,
}

impl Keys {
    /// Reads the keys, or makes them if this is the first start. Servers that start at the same time
    /// agree on one set.
    pub(crate) async fn load(
        records: &Records<KeysRecord>,
        environment: &Environment,
    ) -> Result<Self, Error> {
        let decide = |stored: Option<KeysRecord>| async move {
            if let Some(record) = &stored
                && Purpose::ALL
                    .iter()
                    .all(|it| record.purposes.contains_key(it.label()))
            {
                return Ok(Change::Keep(Self::parse(record)?));
            }
            let mut record = match stored {
                Some(record) => record,
                None => make(environment)?,
            };
            for purpose in Purpose::ALL {
                let label = purpose.label().to_owned();
                let key = || environment.random_text::<32>();
                record.purposes.entry(label).or_insert_with(key);
            }
            let keys = Self::parse(&record)?;
            Ok(Change::Write(record, keys))
        };
        records.change(&records.key(&[]), decide).await
    }

    /// The key that signs with `algorithm`.
    pub(crate) fn signing(&self, algorithm: Algorithm) -> Option<&Key> {
        let mut keys = self.signing.iter().rev();
        keys.find(|key| key.algorithm() == algorithm)
    }

    /// The public keys.
    pub(crate) fn public(&self) -> &KeySet {
        &self.public
    }

    /// The MAC key that new refresh tokens use, and its id.
    pub(crate) fn newest_mac(&self) -> (u16, &MacKey) {
        let (id, key) = &self.newest_mac;
        (*id, key)
    }

    /// A MAC key by its id.
    pub(crate) fn mac(&self, id: u16) -> Option<&MacKey> {
        self.mac.get(&id)
    }

    /// The key for another purpose than refresh tokens.
    pub(crate) fn for_purpose(&self, purpose: Purpose) -> MacKey {
        match purpose {
            Purpose::ClientSecrets => self.client_secrets.clone(),
            Purpose::Pages => self.pages.clone(),
        }
    }

    fn parse(record: &KeysRecord) -> Result<Self, Error> {
        let unreadable = || Error::corrupt("the server's keys can't be read");
        let mut signing = Vec::new();
        for key in &record.signing {
            let pkcs8 = base64url::decode(&key.pkcs8).map_err(|_| unreadable())?;
            let pkcs8 = zeroize::Zeroizing::new(pkcs8);
            let key = Key::from_pkcs8_der(key.algorithm, &pkcs8).map_err(|_| unreadable())?;
            signing.push(key);
        }
        let mut mac = BTreeMap::new();
        let mac_key = |text: &String| {
            let bytes = base64url::decode(text).map_err(|_| unreadable())?;
            Ok::<_, Error>(MacKey::new(&zeroize::Zeroizing::new(bytes)))
        };
        for key in &record.mac {
            mac.insert(key.id, mac_key(&key.key)?);
        }
        let newest = mac.last_key_value().ok_or_else(unreadable)?;
        let for_purpose = |purpose: Purpose| {
            let text = record.purposes.get(purpose.label());
            mac_key(text.ok_or_else(unreadable)?)
        };
        Ok(Self {
            public: signing.iter().filter_map(Key::public).cloned().collect(),
            newest_mac: (*newest.0, newest.1.clone()),
            client_secrets: for_purpose(Purpose::ClientSecrets)?,
            pages: for_purpose(Purpose::Pages)?,
            signing,
            mac,
        })
    }
}

fn make(environment: &Environment) -> Result<KeysRecord, Error> {
    let created_at = environment.now();
    let mut signing = Vec::new();
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa] {
        let failed = |_| Error::corrupt("the cryptography library made no key");
        let key = Key::generate(algorithm).map_err(failed)?;
        let pkcs8 = base64url::encode(&*key.to_pkcs8_der().map_err(failed)?);
        signing.push(SigningKey {
            algorithm,
            pkcs8,
            created_at,
        });
    }
    let mac = |id| MacKeyRecord {
        id,
        key: environment.random_text::<32>(),
        created_at,
    };
    Ok(KeysRecord {
        signing,
        mac: vec![mac(1)],
        purposes: BTreeMap::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_stored_formats_are_pinned() {
        grantor_store::contract::assert_own_formats::<KeysRecord>();
    }
}
