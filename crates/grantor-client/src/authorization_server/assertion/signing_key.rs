//! The key that signs assertions: one that stays, or one in a file that another program replaces.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use grantor_core::Secret;
use grantor_jose::{Algorithm, Key, Signer, base64url, digest};

use crate::error::Error;

/// The key of assertions.
#[derive(Debug, Clone)]
pub(crate) enum SigningKey {
    Fixed(Arc<dyn Signer>),
    File(Arc<KeyFile>),
}

impl SigningKey {
    pub(crate) fn algorithm(&self) -> Algorithm {
        match self {
            Self::Fixed(signer) => signer.algorithm(),
            Self::File(file) => file.algorithm,
        }
    }

    /// The signer of the next assertion.
    pub(crate) async fn current(&self) -> Arc<dyn Signer> {
        match self {
            Self::Fixed(signer) => Arc::clone(signer),
            Self::File(file) => Arc::clone(file).current().await,
        }
    }

    /// A text that is the same for the same key. A file is the same whatever key is in it.
    pub(crate) fn identity(&self) -> String {
        let signer = match self {
            Self::Fixed(signer) => signer,
            Self::File(file) => return format!("file {:?}", file.path),
        };
        match signer.public_key() {
            Some(public) => public.thumbprint(),
            // Different secrets sign a text that nobody else signs differently.
            None => signer
                .local()
                .and_then(|key| key.sign_bytes(b"grantor/identity").ok())
                .map(|mac| base64url::encode(mac.as_bytes()))
                .unwrap_or_default(),
        }
    }
}

/// A private key in a file. It is read for each assertion, and what is in it is parsed when it has changed.
pub(crate) struct KeyFile {
    path: PathBuf,
    algorithm: Algorithm,
    form: KeyForm,
    last: Mutex<LoadedKey>,
}

/// No key is so long: 64 KiB.
const MAX_FILE: u64 = 64 * 1024;

/// How the key is written.
#[derive(Debug, Clone, Copy)]
pub(super) enum KeyForm {
    Pem(Algorithm),
    Jwk,
}

#[derive(Clone)]
struct LoadedKey {
    hash: [u8; 32],
    key: Arc<Key>,
}

impl KeyFile {
    /// Reads the file for the first time.
    pub(super) fn open(path: PathBuf, form: KeyForm) -> Result<Self, Error> {
        let loaded = load(&path, form, None).map_err(|why| {
            Error::configuration(format!("the key of the assertion in {path:?}: {why}"))
        })?;
        Ok(Self {
            algorithm: loaded.key.algorithm(),
            path,
            form,
            last: Mutex::new(loaded),
        })
    }

    /// The key that is in the file now. The last one stays in use while there is no other that can be used.
    async fn current(self: Arc<Self>) -> Arc<Key> {
        let last = self.last();
        let (file, known) = (Arc::clone(&self), last.clone());
        let read = tokio::task::spawn_blocking(move || load(&file.path, file.form, Some(&known)));
        match read.await {
            Ok(Ok(loaded)) if loaded.key.algorithm() == self.algorithm => {
                let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
                *last = loaded;
                Arc::clone(&last.key)
            }
            Ok(Ok(_)) => self.keep(last, "it signs by another algorithm than before"),
            Ok(Err(why)) => self.keep(last, &why),
            Err(_) => self.keep(last, "reading it was broken off"),
        }
    }

    fn last(&self) -> LoadedKey {
        let last = self.last.lock();
        last.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, last: LoadedKey, why: &str) -> Arc<Key> {
        let path = &self.path;
        tracing::warn!(
            ?path,
            why,
            "the key in the file can't be used, the last one stays"
        );
        last.key
    }
}

/// Reads a key, unless the file is as it was. An error says nothing of what is in the file.
fn load(path: &Path, form: KeyForm, last: Option<&LoadedKey>) -> Result<LoadedKey, String> {
    let mut text = String::new();
    let file = File::open(path).map_err(|error| error.to_string())?;
    let read = file.take(MAX_FILE).read_to_string(&mut text);
    let text = Secret::new(text);
    read.map_err(|error| error.to_string())?;
    let hash = digest::sha256(text.expose().as_bytes());
    if let Some(last) = last.filter(|last| last.hash == hash) {
        return Ok(last.clone());
    }
    let key = match form {
        KeyForm::Pem(algorithm) => {
            Key::from_pem(algorithm, text.expose()).map(|key| key.with_key_id(""))
        }
        KeyForm::Jwk => Key::from_jwk(text.expose()),
    };
    let key = Arc::new(key.map_err(|error| error.to_string())?);
    Ok(LoadedKey { hash, key })
}

impl fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("KeyFile");
        shown.field("path", &self.path).finish_non_exhaustive()
    }
}
