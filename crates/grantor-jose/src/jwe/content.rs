//! The content: AES-GCM, or AES-CBC with HMAC (RFC 7518 section 5).

use aws_lc_rs::aead::{
    self, AES_128_GCM, AES_192_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey,
};
use aws_lc_rs::cipher::{
    AES_128, AES_192, AES_256, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey,
    PaddedBlockEncryptingKey, UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::{cipher, hmac};

use super::ContentEncryption;
use crate::{Error, digest};

/// A key of a content, or of such keys, ready for use.
pub(super) enum Cipher<'k> {
    /// Of a key that is used for many tokens.
    Kept(&'k LessSafeKey),
    Gcm(LessSafeKey),
    Cbc(ContentEncryption, &'k [u8]),
}

impl<'k> Cipher<'k> {
    /// Returns none if `key` does not have the length that `encryption` names.
    pub(super) fn new(encryption: ContentEncryption, key: &'k [u8]) -> Option<Self> {
        if key.len() != encryption.key_length() {
            return None;
        }
        match encryption {
            ContentEncryption::A128Gcm
            | ContentEncryption::A192Gcm
            | ContentEncryption::A256Gcm => gcm(key).map(Self::Gcm),
            _ => Some(Self::Cbc(encryption, key)),
        }
    }

    /// Encrypts what follows `start` in place; the tag covers the first `associated` bytes as well.
    /// `iv` has the length that [`iv_length`] names and is new.
    pub(super) fn seal(
        &self,
        iv: &[u8],
        buffer: &mut Vec<u8>,
        associated: usize,
        start: usize,
    ) -> Result<Tag, Error> {
        let failed = |_| Error::Unavailable;
        let key = match self {
            Self::Kept(key) => key,
            Self::Gcm(key) => key,
            Self::Cbc(encryption, key) => {
                encrypt_cbc(key, iv, &mut Tail { buffer, start })?;
                let (before, content) = buffer.split_at(start);
                return Ok(cbc_tag(
                    *encryption,
                    key,
                    &before[..associated],
                    iv,
                    content,
                ));
            }
        };
        let nonce = Nonce::try_assume_unique_for_key(iv).map_err(failed)?;
        let (before, content) = buffer.split_at_mut(start);
        key.seal_in_place_separate_tag(nonce, Aad::from(&before[..associated]), content)
            .map(Tag::Gcm)
            .map_err(failed)
    }

    /// Decrypts in place, if nothing was changed.
    pub(super) fn open(
        &self,
        iv: &[u8],
        associated: &[u8],
        tag: &[u8],
        content: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let failed = |_| Error::Undecipherable;
        let key = match self {
            Self::Kept(key) => key,
            Self::Gcm(key) => key,
            Self::Cbc(encryption, key) => {
                return open_cbc(*encryption, key, iv, associated, tag, content);
            }
        };
        // RFC 7518 section 5.3: "Use of an IV of size 96 bits is REQUIRED", and the "requested
        // size of the Authentication Tag output MUST be 128 bits".
        if tag.len() != key.algorithm().tag_len() {
            return Err(Error::Undecipherable);
        }
        let nonce = Nonce::try_assume_unique_for_key(iv).map_err(failed)?;
        key.open_in_place_separate_tag(nonce, Aad::from(associated), tag, content)
            .map(|_| ())
            .map_err(failed)
    }
}

/// The end of a buffer, which grows by the padding.
struct Tail<'b> {
    buffer: &'b mut Vec<u8>,
    start: usize,
}

impl AsMut<[u8]> for Tail<'_> {
    fn as_mut(&mut self) -> &mut [u8] {
        &mut self.buffer[self.start..]
    }
}

impl<'a> Extend<&'a u8> for Tail<'_> {
    fn extend<I: IntoIterator<Item = &'a u8>>(&mut self, bytes: I) {
        self.buffer.extend(bytes);
    }
}

fn encrypt_cbc(key: &[u8], iv: &[u8], content: &mut Tail<'_>) -> Result<(), Error> {
    let (_, cipher_key) = key.split_at(key.len() / 2);
    let fixed = <[u8; 16]>::try_from(iv).map_err(|_| Error::Unavailable)?;
    let context = EncryptionContext::Iv128(FixedLength::from(fixed));
    UnboundCipherKey::new(aes(cipher_key.len()), cipher_key)
        .and_then(PaddedBlockEncryptingKey::cbc_pkcs7)
        .and_then(|key| key.less_safe_encrypt(content, context))
        .map(|_| ())
        .map_err(|_| Error::Unavailable)
}

fn open_cbc(
    encryption: ContentEncryption,
    key: &[u8],
    iv: &[u8],
    associated: &[u8],
    tag: &[u8],
    content: &mut Vec<u8>,
) -> Result<(), Error> {
    let failed = Error::Undecipherable;
    let (_, cipher_key) = key.split_at(key.len() / 2);
    let fixed = <[u8; 16]>::try_from(iv).map_err(|_| failed)?;
    let expected = cbc_tag(encryption, key, associated, iv, content);
    if !digest::constant_time_eq(expected.as_ref(), tag) {
        return Err(failed);
    }
    let context = DecryptionContext::Iv128(FixedLength::from(fixed));
    let length = UnboundCipherKey::new(aes(cipher_key.len()), cipher_key)
        .and_then(PaddedBlockDecryptingKey::cbc_pkcs7)
        .and_then(|key| key.decrypt(content, context).map(|found| found.len()))
        .map_err(|_| failed)?;
    content.truncate(length);
    Ok(())
}

/// AES-GCM with a key of 16, 24 or 32 bytes.
pub(super) fn gcm(key: &[u8]) -> Option<LessSafeKey> {
    let algorithm: &'static aead::Algorithm = match key.len() {
        16 => &AES_128_GCM,
        24 => &AES_192_GCM,
        32 => &AES_256_GCM,
        _ => return None,
    };
    UnboundKey::new(algorithm, key).ok().map(LessSafeKey::new)
}

/// How many bytes the IV of a content has.
pub(super) const fn iv_length(encryption: ContentEncryption) -> usize {
    match encryption {
        ContentEncryption::A128Gcm | ContentEncryption::A192Gcm | ContentEncryption::A256Gcm => {
            GCM_IV_BYTES
        }
        _ => MAX_IV_BYTES,
    }
}

/// How many bytes so many become.
pub(super) const fn sealed_length(encryption: ContentEncryption, plain: usize) -> usize {
    match iv_length(encryption) {
        GCM_IV_BYTES => plain,
        block => (plain / block + 1) * block,
    }
}

/// How many bytes the tag of a content has.
pub(super) const fn tag_length(encryption: ContentEncryption) -> usize {
    match iv_length(encryption) {
        GCM_IV_BYTES => 16,
        _ => encryption.key_length() / 2,
    }
}

/// 96 bits.
pub(super) const GCM_IV_BYTES: usize = 12;

/// The block of AES.
pub(super) const MAX_IV_BYTES: usize = 16;

/// The tag that proves that a content was not changed.
pub(super) enum Tag {
    Gcm(aead::Tag),
    /// The first half counts.
    Cbc(hmac::Tag),
}

impl AsRef<[u8]> for Tag {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Gcm(tag) => tag.as_ref(),
            Self::Cbc(tag) => {
                let whole = tag.as_ref();
                &whole[..whole.len() / 2]
            }
        }
    }
}

/// The cipher for a key of 16, 24 or 32 bytes.
fn aes(key_length: usize) -> &'static cipher::Algorithm {
    match key_length {
        16 => &AES_128,
        24 => &AES_192,
        _ => &AES_256,
    }
}

/// RFC 7518 section 5.2.2.1: with the first half of the key, over the associated data, the IV, the
/// cipher text, and the length of the first in bits; half of it.
fn cbc_tag(
    encryption: ContentEncryption,
    key: &[u8],
    associated: &[u8],
    iv: &[u8],
    ciphertext: &[u8],
) -> Tag {
    let hash = match encryption {
        ContentEncryption::A192CbcHs384 => hmac::HMAC_SHA384,
        ContentEncryption::A256CbcHs512 => hmac::HMAC_SHA512,
        _ => hmac::HMAC_SHA256,
    };
    let (mac_key, _) = key.split_at(key.len() / 2);
    let mut context = hmac::Context::with_key(&hmac::Key::new(hash, mac_key));
    context.update(associated);
    context.update(iv);
    context.update(ciphertext);
    context.update(&(associated.len() as u64 * 8).to_be_bytes());
    Tag::Cbc(context.sign())
}
