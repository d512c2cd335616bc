//! Symmetric keys and passwords that both sides of an encrypted token have.

use aws_lc_rs::aead::LessSafeKey;
use zeroize::Zeroizing;

use super::content::{self, Cipher};
use super::{ContentEncryption, KeyManagement};
use crate::Error;

/// The secret of both sides: a key, prepared where the library can keep it so, or a password.
pub(super) struct Shared {
    bytes: Zeroizing<Vec<u8>>,
    /// Of `dir` and of the algorithms that wrap with AES-GCM.
    gcm: Option<LessSafeKey>,
}

impl Shared {
    pub(super) fn new(algorithm: KeyManagement, bytes: &[u8]) -> Self {
        let encrypts = algorithm == KeyManagement::Dir || algorithm.is_gcm();
        Self {
            bytes: Zeroizing::new(bytes.to_vec()),
            gcm: encrypts.then(|| content::gcm(bytes)).flatten(),
        }
    }

    pub(super) const fn bytes(&self) -> &Zeroizing<Vec<u8>> {
        &self.bytes
    }

    /// Returns the cipher with this key as the key of a content.
    pub(super) fn cipher(&self, encryption: ContentEncryption) -> Result<Cipher<'_>, Error> {
        let is_gcm = content::iv_length(encryption) == content::GCM_IV_BYTES;
        let kept = self.gcm.as_ref().filter(|_| is_gcm);
        if self.bytes.len() != encryption.key_length() {
            return Err(Error::InvalidKey("k"));
        }
        kept.map(Cipher::Kept)
            .or_else(|| Cipher::new(encryption, &self.bytes))
            .ok_or(Error::Unavailable)
    }

    /// Returns the AES-GCM cipher with this key as a key of keys.
    pub(super) fn wrapping_cipher(&self) -> Result<Cipher<'_>, Error> {
        let kept = self.gcm.as_ref().map(Cipher::Kept);
        kept.ok_or(Error::Unavailable)
    }
}
