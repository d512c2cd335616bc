//! The server's keys: one sealed record, made at the first start.

use std::collections::BTreeMap;

use grantor_core::{Environment, Timestamp};
use grantor_jose::digest::MacKey;
use grantor_jose::{Algorithm, Key, KeySet, base64url};
use grantor_store::{Error, Kind, Record, Records, kinds};
use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

/// All keys of a server, so that rotating any of them is one conditional put.
#[derive(Serialize, Deserialize)]
pub(crate) struct KeysRecord {
    signing: Vec<SigningKey>,
    mac: Vec<MacKeyRecord>,
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
    newest_mac: u16,
    /// For the MACs of pages and the hashes of chosen secrets.
    derived: MacKey,
    public: KeySet,
}

impl Keys {
    /// Reads the keys, or makes them if this is the first start. Servers that start at the same time
    /// agree on one set.
    pub(crate) async fn load(
        records: &Records<KeysRecord>,
        environment: &Environment,
    ) -> Result<Self, Error> {
        let key = records.key(&[]);
        if let Some(loaded) = records.get(&key).await? {
            return Self::parse(&loaded.record);
        }
        let made = make(environment)?;
        match records.create(&key, &made).await? {
            Ok(_) => Self::parse(&made),
            Err(grantor_store::Conflict) => match records.get(&key).await? {
                Some(loaded) => Self::parse(&loaded.record),
                None => Err(Error::corrupt(
                    "the server's keys vanished while they were read",
                )),
            },
        }
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
        let key = self.mac.get(&self.newest_mac).unwrap_or(&self.derived);
        (self.newest_mac, key)
    }

    /// A MAC key by its id.
    pub(crate) fn mac(&self, id: u16) -> Option<&MacKey> {
        self.mac.get(&id)
    }

    /// A key for another purpose than refresh tokens.
    pub(crate) fn derive(&self, purpose: &str) -> MacKey {
        self.derived.derive(purpose)
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
        for key in &record.mac {
            let bytes = base64url::decode(&key.key).map_err(|_| unreadable())?;
            let bytes = zeroize::Zeroizing::new(bytes);
            mac.insert(key.id, MacKey::new(&bytes));
        }
        let (first, newest) = (mac.first_key_value(), mac.last_key_value());
        let ((_, first), (newest_mac, _)) = first.zip(newest).ok_or_else(unreadable)?;
        // Chosen secrets are verified with it, so it comes from the key that never retires.
        let derived = first.derive("grantor/derived/1");
        Ok(Self {
            public: signing.iter().filter_map(Key::public).cloned().collect(),
            newest_mac: *newest_mac,
            derived,
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
        // Number 0 never leaves: it is what other keys are derived from. Refresh tokens use 1 on.
        mac: vec![mac(0), mac(1)],
    })
}
