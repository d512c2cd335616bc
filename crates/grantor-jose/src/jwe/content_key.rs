use std::ops::Deref;

use aws_lc_rs::rand;
use zeroize::Zeroizing;

use super::ContentEncryption;
use crate::Error;

/// A key that lives for one token: that of its content, or one that wraps it.
pub(super) struct ContentKey {
    bytes: Zeroizing<[u8; MAX_KEY_BYTES]>,
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
        let mut bytes = Zeroizing::new([0; MAX_KEY_BYTES]);
        let part = bytes.get_mut(..length).ok_or(Error::Undecipherable)?;
        write(part)?;
        Ok(Self { bytes, length })
    }

    /// Nothing if it is longer than any key of a content.
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

/// Of `A256CBC-HS512`.
pub(super) const MAX_KEY_BYTES: usize = 64;
