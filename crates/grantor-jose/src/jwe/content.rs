//! The content: AES-GCM, or AES-CBC with HMAC (RFC 7518 section 5).

use aws_lc_rs::aead::{
    self, AES_128_GCM, AES_192_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey,
};
use aws_lc_rs::cipher::{
    AES_128, AES_192, AES_256, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey,
    PaddedBlockEncryptingKey, UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::{cipher, hmac, rand};
use zeroize::Zeroizing;

use super::ContentEncryption;
use crate::{Error, digest};

/// What a content becomes.
pub(super) struct Sealed {
    pub(super) iv: Vec<u8>,
    pub(super) ciphertext: Vec<u8>,
    pub(super) tag: Vec<u8>,
}

/// Encrypts under a new IV. `key` has the length that `encryption` names.
pub(super) fn seal(
    encryption: ContentEncryption,
    key: &[u8],
    associated: &[u8],
    plaintext: &[u8],
) -> Result<Sealed, Error> {
    if let Some(algorithm) = gcm(encryption) {
        return seal_gcm(algorithm, key, associated, plaintext);
    }
    let iv: [u8; 16] = random()?;
    let (mac_key, cipher_key) = key.split_at(key.len() / 2);
    let mut ciphertext = Vec::with_capacity(plaintext.len() + 16);
    ciphertext.extend_from_slice(plaintext);
    let context = EncryptionContext::Iv128(FixedLength::from(iv));
    UnboundCipherKey::new(aes(cipher_key.len()), cipher_key)
        .and_then(PaddedBlockEncryptingKey::cbc_pkcs7)
        .and_then(|key| key.less_safe_encrypt(&mut ciphertext, context))
        .map_err(|_| Error::Unavailable)?;
    let tag = cbc_tag(encryption, mac_key, associated, &iv, &ciphertext);
    Ok(Sealed {
        iv: iv.to_vec(),
        tag: tag.as_ref()[..tag_length(encryption)].to_vec(),
        ciphertext,
    })
}

/// Decrypts, if nothing of it was changed.
pub(super) fn open(
    encryption: ContentEncryption,
    key: &[u8],
    associated: &[u8],
    mut sealed: Sealed,
) -> Result<Vec<u8>, Error> {
    let failed = Error::Undecipherable;
    if key.len() != encryption.key_length() || sealed.tag.len() != tag_length(encryption) {
        return Err(failed);
    }
    if let Some(algorithm) = gcm(encryption) {
        open_gcm(algorithm, key, associated, &mut sealed)?;
        return Ok(sealed.ciphertext);
    }
    let (mac_key, cipher_key) = key.split_at(key.len() / 2);
    let Ok(iv) = <[u8; 16]>::try_from(sealed.iv.as_slice()) else {
        return Err(failed);
    };
    let expected = cbc_tag(encryption, mac_key, associated, &iv, &sealed.ciphertext);
    if !digest::constant_time_eq(&expected.as_ref()[..sealed.tag.len()], &sealed.tag) {
        return Err(failed);
    }
    let context = DecryptionContext::Iv128(FixedLength::from(iv));
    let length = UnboundCipherKey::new(aes(cipher_key.len()), cipher_key)
        .and_then(PaddedBlockDecryptingKey::cbc_pkcs7)
        .and_then(|key| {
            key.decrypt(&mut sealed.ciphertext, context)
                .map(|plaintext| plaintext.len())
        })
        .map_err(|_| failed)?;
    sealed.ciphertext.truncate(length);
    Ok(sealed.ciphertext)
}

/// AES-GCM with a new IV, for contents and for keys of them.
pub(super) fn seal_gcm(
    algorithm: &'static aead::Algorithm,
    key: &[u8],
    associated: &[u8],
    plaintext: &[u8],
) -> Result<Sealed, Error> {
    let unavailable = |_| Error::Unavailable;
    let iv: [u8; 12] = random()?;
    let key = UnboundKey::new(algorithm, key).map_err(unavailable)?;
    let mut ciphertext = plaintext.to_vec();
    let tag = LessSafeKey::new(key)
        .seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(iv),
            Aad::from(associated),
            &mut ciphertext,
        )
        .map_err(unavailable)?;
    Ok(Sealed {
        iv: iv.to_vec(),
        ciphertext,
        tag: tag.as_ref().to_vec(),
    })
}

/// Decrypts in place what [`seal_gcm`] made.
pub(super) fn open_gcm(
    algorithm: &'static aead::Algorithm,
    key: &[u8],
    associated: &[u8],
    sealed: &mut Sealed,
) -> Result<(), Error> {
    let failed = |_| Error::Undecipherable;
    // RFC 7518 section 5.3: "Use of an IV of size 96 bits is REQUIRED".
    let nonce = Nonce::try_assume_unique_for_key(&sealed.iv).map_err(failed)?;
    let key = UnboundKey::new(algorithm, key).map_err(failed)?;
    LessSafeKey::new(key)
        .open_in_place_separate_tag(
            nonce,
            Aad::from(associated),
            &sealed.tag,
            &mut sealed.ciphertext,
        )
        .map(|_| ())
        .map_err(failed)
}

pub(super) fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| Error::Unavailable)?;
    Ok(bytes)
}

/// A new key for a content.
pub(super) fn random_key(encryption: ContentEncryption) -> Result<Zeroizing<Vec<u8>>, Error> {
    let mut key = Zeroizing::new(vec![0; encryption.key_length()]);
    rand::fill(&mut key).map_err(|_| Error::Unavailable)?;
    Ok(key)
}

/// The cipher for a key of 16, 24 or 32 bytes.
pub(super) fn aes(key_length: usize) -> &'static cipher::Algorithm {
    match key_length {
        16 => &AES_128,
        24 => &AES_192,
        _ => &AES_256,
    }
}

/// RFC 7518 section 5.2.2.1: over the associated data, the IV, the cipher text, and the length of
/// the first in bits.
fn cbc_tag(
    encryption: ContentEncryption,
    key: &[u8],
    associated: &[u8],
    iv: &[u8],
    ciphertext: &[u8],
) -> hmac::Tag {
    let hash = match encryption {
        ContentEncryption::A192CbcHs384 => hmac::HMAC_SHA384,
        ContentEncryption::A256CbcHs512 => hmac::HMAC_SHA512,
        _ => hmac::HMAC_SHA256,
    };
    let mut context = hmac::Context::with_key(&hmac::Key::new(hash, key));
    context.update(associated);
    context.update(iv);
    context.update(ciphertext);
    context.update(&(associated.len() as u64 * 8).to_be_bytes());
    context.sign()
}

const fn tag_length(encryption: ContentEncryption) -> usize {
    match encryption {
        ContentEncryption::A192CbcHs384 => 24,
        ContentEncryption::A256CbcHs512 => 32,
        _ => 16,
    }
}

const fn gcm(encryption: ContentEncryption) -> Option<&'static aead::Algorithm> {
    match encryption {
        ContentEncryption::A128Gcm => Some(&AES_128_GCM),
        ContentEncryption::A192Gcm => Some(&AES_192_GCM),
        ContentEncryption::A256Gcm => Some(&AES_256_GCM),
        _ => None,
    }
}
