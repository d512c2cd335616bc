//! The server's keys: one sealed record, made at the first start.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use grantor_core::{Environment, Timestamp};
use grantor_jose::base64url;
use grantor_jose::digest::MacKey;
use grantor_store::{Change, Error, Records};

use super::record::KeysRecord;
use super::schedule::KeyRules;
use super::signing::SigningKeys;

/// The purpose of a MAC key, besides refresh tokens. Each has a key of its own, so that one can be
/// replaced without the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Hashes of the secrets that operators chose for clients.
    ClientSecrets,
    /// The values that pages carry through the browser.
    Pages,
    /// Nonces for proofs of possession.
    DpopNonces,
}

impl Purpose {
    const ALL: [Self; 3] = [Self::ClientSecrets, Self::Pages, Self::DpopNonces];

    /// Its name in the record, for ever.
    fn label(self) -> &'static str {
        match self {
            Self::ClientSecrets => "client-secrets",
            Self::Pages => "pages",
            Self::DpopNonces => "dpop-nonces",
        }
    }
}

/// The keys, parsed once. Those that sign are read again now and then, since any process of the server
/// may replace them.
#[derive(Debug)]
pub(crate) struct Keys {
    signing: RwLock<Arc<SigningKeys>>,
    /// When the record is read again, in milliseconds.
    read_again_at: AtomicI64,
    /// When it may be read again for a token under an unknown key, in milliseconds.
    unknown_key_at: AtomicI64,
    records: Records<KeysRecord>,
    environment: Environment,
    rules: KeyRules,
    mac: Vec<(u16, MacKey)>,
    newest_mac: (u16, MacKey),
    client_secrets: MacKey,
    pages: MacKey,
    dpop_nonces: MacKey,
}

/// The time between two readings of the record.
const READ_AGAIN: Duration = Duration::from_secs(60);

impl Keys {
    /// Reads the keys, or makes them if this is the first start. Servers that start at the same time
    /// agree on one set.
    pub(crate) async fn load(
        records: Records<KeysRecord>,
        environment: &Environment,
        rules: KeyRules,
    ) -> Result<Self, Error> {
        let decide = |stored: Option<KeysRecord>| async move {
            let now = environment.now();
            let mut changed = stored.is_none();
            let mut record = match stored {
                Some(record) => record,
                None => KeysRecord::make(environment, now)?,
            };
            for purpose in Purpose::ALL {
                let label = purpose.label();
                if !record.purposes.contains_key(label) {
                    let key = environment.random_text::<32>();
                    record.purposes.insert(label.to_owned(), key);
                    changed = true;
                }
            }
            changed |= record.keep_rules(&rules, now)?;
            let parsed = Parsed::of(&record)?;
            Ok::<_, Error>(match changed {
                true => Change::Write(record, parsed),
                false => Change::Keep(parsed),
            })
        };
        let parsed = records.change(&records.key(&[]), decide).await?;
        let now = environment.now();
        Ok(Self {
            signing: RwLock::new(Arc::new(parsed.signing)),
            read_again_at: AtomicI64::new((now + READ_AGAIN).as_millis()),
            unknown_key_at: AtomicI64::new(now.as_millis()),
            records,
            environment: environment.clone(),
            rules,
            mac: parsed.mac,
            newest_mac: parsed.newest_mac,
            client_secrets: parsed.client_secrets,
            pages: parsed.pages,
            dpop_nonces: parsed.dpop_nonces,
        })
    }

    /// The keys that sign.
    pub(crate) fn signing(&self) -> Arc<SigningKeys> {
        let signing = self.signing.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&signing)
    }

    /// Works with the keys that sign, without a count of who holds them: for each token.
    pub(crate) fn with_signing<T>(&self, work: impl FnOnce(&SigningKeys) -> T) -> T {
        work(&self.signing.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns whether the record is to be read again.
    pub(crate) fn is_refresh_due(&self, now: Timestamp) -> bool {
        now.as_millis() >= self.read_again_at.load(Ordering::Relaxed)
    }

    /// Reads the record again, and replaces keys whose time has come. If the store fails, the keys stay
    /// as they are, and the next request tries again in a second.
    pub(crate) async fn refresh(&self) {
        let now = self.environment.now();
        let millis = |after: Duration| (now + after).as_millis();
        // Others go on with the keys that they have meanwhile.
        self.read_again_at
            .store(millis(Duration::from_secs(1)), Ordering::Relaxed);
        let rules = self.rules;
        let decide = |stored: Option<KeysRecord>| async move {
            let Some(mut record) = stored else {
                return Ok(Change::Keep(None));
            };
            let changed = record.keep_rules(&rules, now)?;
            let signing = Some(SigningKeys::parse(&record)?);
            Ok::<_, Error>(match changed {
                true => Change::Write(record, signing),
                false => Change::Keep(signing),
            })
        };
        match self.records.change(&self.records.key(&[]), decide).await {
            Ok(Some(signing)) => {
                let mut kept = self.signing.write().unwrap_or_else(PoisonError::into_inner);
                *kept = Arc::new(signing);
                self.read_again_at
                    .store(millis(READ_AGAIN), Ordering::Relaxed);
            }
            // The keys were restored from elsewhere, or the store is empty: those in memory are good.
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the signing keys can't be read again; the server goes on with those it has"
                );
            }
        }
    }

    /// Reads the record again for a token under an unknown key, for one such token a second. Whether it
    /// did.
    pub(crate) async fn refresh_for_unknown_key(&self) -> bool {
        let now = self.environment.now();
        let from = Timestamp::from_millis(self.unknown_key_at.load(Ordering::Relaxed));
        let next = now + Duration::from_secs(1);
        // A clock that went back does not keep the record unread for long.
        if now < from && from <= next {
            return false;
        }
        self.unknown_key_at
            .store(next.as_millis(), Ordering::Relaxed);
        self.refresh().await;
        true
    }

    /// The MAC key that new refresh tokens use, and its id.
    pub(crate) fn newest_mac(&self) -> (u16, &MacKey) {
        let (id, key) = &self.newest_mac;
        (*id, key)
    }

    /// A MAC key by its id.
    pub(crate) fn mac(&self, id: u16) -> Option<&MacKey> {
        // The newest is last, and most tokens name it.
        let mut keys = self.mac.iter().rev();
        keys.find(|(own, _)| *own == id).map(|(_, key)| key)
    }

    /// The key for another purpose than refresh tokens.
    pub(crate) fn for_purpose(&self, purpose: Purpose) -> MacKey {
        match purpose {
            Purpose::ClientSecrets => self.client_secrets.clone(),
            Purpose::Pages => self.pages.clone(),
            Purpose::DpopNonces => self.dpop_nonces.clone(),
        }
    }
}

/// A record, parsed.
struct Parsed {
    signing: SigningKeys,
    mac: Vec<(u16, MacKey)>,
    newest_mac: (u16, MacKey),
    client_secrets: MacKey,
    pages: MacKey,
    dpop_nonces: MacKey,
}

impl Parsed {
    fn of(record: &KeysRecord) -> Result<Self, Error> {
        let unreadable = || Error::corrupt("the server's keys can't be read");
        let mac_key = |text: &String| {
            let bytes = base64url::decode(text).map_err(|_| unreadable())?;
            Ok::<_, Error>(MacKey::new(&zeroize::Zeroizing::new(bytes)))
        };
        let mac = record.mac.iter();
        let mac = mac.map(|key| Ok((key.id, mac_key(&key.key)?)));
        let mac = mac.collect::<Result<Vec<_>, Error>>()?;
        let newest = mac.iter().max_by_key(|(id, _)| *id);
        let newest = newest.ok_or_else(unreadable)?;
        let for_purpose = |purpose: Purpose| {
            let text = record.purposes.get(purpose.label());
            mac_key(text.ok_or_else(unreadable)?)
        };
        Ok(Self {
            signing: SigningKeys::parse(record)?,
            newest_mac: newest.clone(),
            client_secrets: for_purpose(Purpose::ClientSecrets)?,
            pages: for_purpose(Purpose::Pages)?,
            dpop_nonces: for_purpose(Purpose::DpopNonces)?,
            mac,
        })
    }
}
