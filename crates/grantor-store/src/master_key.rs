//! The key that seals records: where it comes from, and how a store notices another one.

mod file;
#[cfg(feature = "keyring")]
mod keyring;

use std::path::Path;
use std::sync::Arc;

use grantor_core::{Environment, Secret, Timestamp};
use grantor_jose::base64url;
use grantor_jose::digest::MacKey;
use grantor_jose::seal::SealingKey;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use self::file::KeyFile;
use crate::error::Error;
use crate::key::Namespace;
use crate::kinds;
use crate::kinds::Kind;
use crate::placement::Placement;
use crate::record::Record;
use crate::records::Records;
use crate::store::{Entry, Store};

/// The 32 bytes that open everything sealed in a store, kept outside of it: in a file, or wherever
/// the program takes them from.
///
/// A store remembers which master key it belongs to in a sealed record, so that a wrong or lost one
/// is noticed at the start and never replaced by a new one.
///
/// To replace it on purpose, give the new key and the old one ([`opening_also`](Self::opening_also), or
/// both in the file, the new one first), have [`reseal`](fn@crate::transfer::reseal) seal all records under
/// the new one, and take the old one away. For servers alone: a client's records have
/// [fingerprints](Self::fingerprint) under the key in their names, so it would sign in again.
#[derive(Clone)]
pub struct MasterKey {
    bytes: Zeroizing<[u8; 32]>,
    opens_too: Vec<Zeroizing<[u8; 32]>>,
}

impl MasterKey {
    /// Takes 32 random bytes from elsewhere: the environment, a key service.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self::from_keys(Zeroizing::new(bytes), Vec::new())
    }

    fn from_keys(bytes: Zeroizing<[u8; 32]>, opens_too: Vec<Zeroizing<[u8; 32]>>) -> Self {
        Self { bytes, opens_too }
    }

    /// Also opens what is sealed under `other`, while one of them replaces the other. It seals as
    /// before.
    #[must_use]
    pub fn opening_also(mut self, other: Self) -> Self {
        self.opens_too.push(other.bytes);
        self.opens_too.extend(other.opens_too);
        self
    }

    /// Reads `directory/master.key`, or creates it (directory 0700, file 0600) if the store has
    /// never had a master key; then does what [`check`](Self::check) does. Processes that start at
    /// the same time agree on one key. A file of 64 bytes has two keys, of which the first seals.
    ///
    /// # Errors
    /// The file can't be read or created, others may read it, it is not 32 bytes long for each key, it is
    /// missing though the store is sealed, or it is not the key that the store is sealed under.
    pub async fn open(
        directory: &Path,
        store: &Arc<dyn Store>,
        namespace: Namespace,
        environment: &Environment,
    ) -> Result<Self, Error> {
        let file = KeyFile::in_directory(directory);
        let key = match file.read()? {
            Some(keys) => keys,
            // Another process may have created the file and sealed the store since it was missing.
            None if is_sealed(store, namespace).await? => {
                file.read()?.ok_or_else(|| file.missing())?
            }
            None => file.create(environment)?,
        };
        let what = format!("the data in {}", directory.display());
        key.check_named(&what, store, namespace, environment)
            .await?;
        Ok(key)
    }

    /// Like [`open`](Self::open), for looking at a store that is there: nothing is created.
    ///
    /// # Errors
    /// There is no key or no sealed store yet, and otherwise as [`open`](Self::open).
    pub async fn open_existing(
        directory: &Path,
        store: &Arc<dyn Store>,
        namespace: Namespace,
        environment: &Environment,
    ) -> Result<Self, Error> {
        let what = format!("the data in {}", directory.display());
        let key = KeyFile::in_directory(directory).read()?;
        match key {
            Some(key) if is_sealed(store, namespace).await? => {
                key.check_named(&what, store, namespace, environment)
                    .await?;
                Ok(key)
            }
            None if is_sealed(store, namespace).await? => {
                Err(KeyFile::in_directory(directory).missing())
            }
            _ => Err(Error::configuration(format!(
                "{what} has not been set up: check the path; a server or a command that writes does \
                 it"
            ))),
        }
    }

    /// Returns whether a store is sealed under a master key, which alone opens what is in it.
    ///
    /// # Errors
    /// The store can't be reached.
    pub async fn has_sealed(store: &Arc<dyn Store>, namespace: Namespace) -> Result<bool, Error> {
        is_sealed(store, namespace).await
    }

    /// Marks a store as sealed under this key, or makes sure that it is.
    ///
    /// # Errors
    /// The store is sealed under another key, is older than this program can read, can't be reached,
    /// or can't keep the mark.
    pub async fn check(
        &self,
        store: &Arc<dyn Store>,
        namespace: Namespace,
        environment: &Environment,
    ) -> Result<(), Error> {
        self.check_named("the store", store, namespace, environment)
            .await
    }

    async fn check_named(
        &self,
        what: &str,
        store: &Arc<dyn Store>,
        namespace: Namespace,
        environment: &Environment,
    ) -> Result<(), Error> {
        let placement = Placement::new(Arc::clone(store), namespace, environment.clone())
            .seal_under(self.sealing_key());
        let records = Records::<Seal>::open(&placement).map_err(|problem| {
            Error::configuration(format!(
                "{problem}, or take the key from elsewhere with `MasterKey::from_bytes`, which leaves no \
                 mark"
            ))
        })?;
        let key = records.key(&[]);
        // Reading first, so that a store that is only looked at is not written to.
        let mut mark = records.get(&key).await;
        if matches!(mark, Ok(None)) {
            if records.create(&key, &Seal {}).await?.is_ok() {
                return Ok(());
            }
            mark = records.get(&key).await;
        }
        if mark.is_err()
            && let Some(mark) = store.get(&key).await?
            && is_being_copied(&mark)
        {
            return Err(Error::configuration(format!(
                "a copy into {what} has not ended: let it end, or give the same \"grantor store copy\" \
                 again, which goes on with it"
            )));
        }
        match mark {
            Ok(_) => Ok(()),
            Err(error) if error.is_corrupt() => Err(Error::configuration(format!(
                "{what} is sealed under another master key: give the one it was created with, from \
                 a backup if need be, or the one that has replaced it"
            ))),
            Err(error) if error.is_configuration() => Err(Error::configuration(format!(
                "{what} was written by a version of grantor from before the first release, which \
                 laid its keys out otherwise: move it away and begin anew; clients and users have \
                 to be added again, and logins made again"
            ))),
            Err(error) => Err(error),
        }
    }

    /// A text that stands for a secret of some kind where the secret itself must not be: in the key
    /// of a record. It is a MAC under this key, so that a reader of the store can't try out
    /// secrets.
    #[must_use]
    pub fn fingerprint(&self, kind: &str, secret: &Secret) -> String {
        let key = MacKey::new(&*self.bytes).derive("fingerprint/1");
        base64url::encode(key.sign(&[kind.as_bytes(), secret.expose().as_bytes()]))
    }

    /// The key that seals records.
    #[must_use]
    pub fn sealing_key(&self) -> SealingKey {
        let others = self.opens_too.iter().map(|bytes| SealingKey::new(bytes));
        others.fold(SealingKey::new(&self.bytes), SealingKey::opening_also)
    }
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey(..)")
    }
}

async fn is_sealed(store: &Arc<dyn Store>, namespace: Namespace) -> Result<bool, Error> {
    let mark = store.get(&namespace.key(Seal::KIND.letters(), &[])).await?;
    Ok(mark.is_some())
}

/// In a store in place of the mark of the master key, until a copy into it has ended. No sealed record
/// begins with this byte.
pub(crate) const BEING_COPIED: &[u8] = b"\0a copy into this store has not ended";

/// Returns whether a mark of a master key says that the records are not all there yet.
pub(crate) fn is_being_copied(mark: &Entry) -> bool {
    mark.value == BEING_COPIED
}

/// The mark of the master key: it opens under no other key. Its format says how the keys of all
/// records are laid out: a change of the layout is a new format here.
#[derive(Serialize, Deserialize)]
struct Seal {}

impl Record for Seal {
    const KIND: Kind = kinds::MASTER_KEY_MARK;
    const NAME: &'static str = "the mark of the master key";
    const FORMAT: u8 = 2;
    const SEALED: bool = true;

    fn expires_at(&self) -> Option<Timestamp> {
        None
    }
}

#[cfg(test)]
mod tests;
