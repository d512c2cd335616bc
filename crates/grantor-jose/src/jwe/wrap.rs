//! Keys of contents wrapped with AES (RFC 7518 sections 4.4, 4.7 and 4.8).

use std::num::NonZeroU32;

use aws_lc_rs::cipher::{
    AES_192, DecryptingKey, DecryptionContext, EncryptingKey, UnboundCipherKey,
};
use aws_lc_rs::key_wrap::{self, AesKek, KeyWrap};
use aws_lc_rs::pbkdf2;
use zeroize::Zeroizing;

use super::KeyManagement;
use super::content_key::ContentKey;
use crate::{Error, digest};

/// AES Key Wrap (RFC 3394). `wrapping` has 16, 24 or 32 bytes, `key` a multiple of 8 and at least
/// 16.
pub(super) fn wrap(wrapping: &[u8], key: &[u8]) -> Result<Vec<u8>, Error> {
    if wrapping.len() == 24 {
        return wrap_192(wrapping, key);
    }
    let mut out = vec![0; key.len() + 8];
    library_key(wrapping)?
        .wrap(key, &mut out)
        .map_err(|_| Error::Unavailable)?;
    Ok(out)
}

/// The opposite of [`wrap`], which notices every change. `out` takes eight bytes less than
/// `wrapped` has.
pub(super) fn unwrap(wrapping: &[u8], wrapped: &[u8], out: &mut [u8]) -> Result<(), Error> {
    if wrapped.len() < 24 || !wrapped.len().is_multiple_of(8) || out.len() != wrapped.len() - 8 {
        return Err(Error::Undecipherable);
    }
    if wrapping.len() == 24 {
        return unwrap_192(wrapping, wrapped, out);
    }
    library_key(wrapping)?
        .unwrap(wrapped, out)
        .map(|_| ())
        .map_err(|_| Error::Undecipherable)
}

fn library_key(wrapping: &[u8]) -> Result<AesKek, Error> {
    let cipher = match wrapping.len() {
        16 => &key_wrap::AES_128,
        _ => &key_wrap::AES_256,
    };
    AesKek::new(cipher, wrapping).map_err(|_| Error::Unavailable)
}

/// RFC 3394 section 2.2.1, for the one length of key that the library does not wrap with.
fn wrap_192(wrapping: &[u8], key: &[u8]) -> Result<Vec<u8>, Error> {
    let unavailable = |_| Error::Unavailable;
    let cipher = UnboundCipherKey::new(&AES_192, wrapping).map_err(unavailable)?;
    let cipher = EncryptingKey::ecb(cipher).map_err(unavailable)?;
    if key.len() < 16 || !key.len().is_multiple_of(8) {
        return Err(Error::Unavailable);
    }
    let mut out = [&INITIAL_VALUE, key].concat();
    let blocks = key.len() / 8;
    let mut step = Zeroizing::new([0; 16]);
    step[..8].copy_from_slice(&INITIAL_VALUE);
    for counter in 1..=6 * blocks {
        let at = 8 * ((counter - 1) % blocks + 1);
        step[8..].copy_from_slice(&out[at..at + 8]);
        cipher.encrypt(&mut *step).map_err(unavailable)?;
        mix(&mut step, counter);
        out[at..at + 8].copy_from_slice(&step[8..]);
    }
    out[..8].copy_from_slice(&step[..8]);
    Ok(out)
}

/// RFC 3394 section 2.2.2.
fn unwrap_192(wrapping: &[u8], wrapped: &[u8], out: &mut [u8]) -> Result<(), Error> {
    let failed = |_| Error::Undecipherable;
    let cipher = UnboundCipherKey::new(&AES_192, wrapping).map_err(failed)?;
    let cipher = DecryptingKey::ecb(cipher).map_err(failed)?;
    let (first, others) = wrapped.split_at(8);
    out.copy_from_slice(others);
    let blocks = out.len() / 8;
    let mut step = Zeroizing::new([0; 16]);
    step[..8].copy_from_slice(first);
    for counter in (1..=6 * blocks).rev() {
        let at = 8 * ((counter - 1) % blocks);
        mix(&mut step, counter);
        step[8..].copy_from_slice(&out[at..at + 8]);
        cipher
            .decrypt(&mut *step, DecryptionContext::None)
            .map_err(failed)?;
        out[at..at + 8].copy_from_slice(&step[8..]);
    }
    if digest::constant_time_eq(&step[..8], &INITIAL_VALUE) {
        Ok(())
    } else {
        Err(Error::Undecipherable)
    }
}

/// Adds the number of the step to the first half of the block.
fn mix(step: &mut [u8; 16], counter: usize) {
    for (byte, count) in step.iter_mut().zip((counter as u64).to_be_bytes()) {
        *byte ^= count;
    }
}

/// RFC 3394 section 2.2.3.1.
const INITIAL_VALUE: [u8; 8] = [0xa6; 8];

/// The wrapping key that comes of a password (RFC 7518 section 4.8.1).
pub(super) fn from_password(
    algorithm: KeyManagement,
    password: &[u8],
    salt: &[u8],
    count: NonZeroU32,
) -> Result<ContentKey, Error> {
    let (hash, length) = match algorithm {
        KeyManagement::Pbes2Hs384A192Kw => (pbkdf2::PBKDF2_HMAC_SHA384, 24),
        KeyManagement::Pbes2Hs512A256Kw => (pbkdf2::PBKDF2_HMAC_SHA512, 32),
        _ => (pbkdf2::PBKDF2_HMAC_SHA256, 16),
    };
    let salt = [algorithm.as_str().as_bytes(), &[0], salt].concat();
    ContentKey::fill(length, |key| {
        pbkdf2::derive(hash, count, &salt, password, key);
        Ok(())
    })
}
