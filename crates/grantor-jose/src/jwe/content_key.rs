//! Keys that live for one token.

use std::ops::Deref;

use aws_lc_rs::rand;
use zeroize::Zeroize;

use super::ContentEncryption;
use crate::Error;

/// A key that lives for one token: that of its content, or one that wraps it.
pub(super) struct ContentKey {
    bytes: [u8; MAX_KEY_BYTES],
    length: usize,
}

impl ContentKey {
    /// A new one for contents.
    pub(super) fn random(encryption: ContentEncryption) -> Result<Self, Error> {
        Self::fill(encryption.key_length(), |bytes| {
            rand::fill(bytes).map_err(|_| Error::Unavailable)
        })
    }

    /// Of `length` bytes, at most [`MAX_KEY_BYTES`], which `write` writes.
    pub(super) fn fill(
        length: usize,
        write: impl FnOnce(&mut [u8]) -> Result<(), Error>,
    ) -> Result<Self, Error> {
        let bytes = [0; MAX_KEY_BYTES];
        // From here on what is written is wiped out, also if that fails.
        let mut key = Self { bytes, length };
        write(key.bytes.get_mut(..length).ok_or(Error::Undecipherable)?)?;
        Ok(key)
    }

    /// Fails if it is longer than any key of a content.
    pub(super) fn copy(key: &[u8]) -> Result<Self, Error> {
        Self::fill(key.len(), |bytes| {
            bytes.copy_from_slice(key);
            Ok(())
        })
    }
}

impl Deref for ContentKey {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

impl Drop for ContentKey {
    fn drop(&mut self) {
        if let Some(used) = self.bytes.get_mut(..self.length) {
            used.zeroize();
        }
    }
}

/// Of `A256CBC-HS512`.
pub(super) const MAX_KEY_BYTES: usize = 64;
