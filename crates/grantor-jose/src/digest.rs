//! SHA-2, HMAC and comparison in constant time; SHA-1 for protocols that have nothing else.

use aws_lc_rs::{constant_time, digest, hmac};
use zeroize::Zeroize;

/// SHA-256 of `bytes`.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    fixed(digest::digest(&digest::SHA256, bytes).as_ref())
}

/// SHA-512 of `bytes`.
#[must_use]
pub fn sha512(bytes: &[u8]) -> [u8; 64] {
    fixed(digest::digest(&digest::SHA512, bytes).as_ref())
}

/// SHA-1 of `bytes`. Collisions of SHA-1 can be made: only for protocols of before 2010, as
/// OAuth 1.0a.
#[must_use]
pub fn sha1_for_legacy_use_only(bytes: &[u8]) -> [u8; 20] {
    fixed(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref())
}

/// HMAC-SHA-1 of `bytes`, for protocols of before 2010, as OAuth 1.0a.
///
/// Of two hashes (RFC 2104 section 2): for a key that is used once, the contexts that the library's HMAC
/// prepares cost more than both.
#[must_use]
pub fn hmac_sha1_for_legacy_use_only(key: &[u8], bytes: &[u8]) -> [u8; 20] {
    const BLOCK: usize = 64;
    let sha1 = sha1_for_legacy_use_only;
    let hashed = (key.len() > BLOCK).then(|| sha1(key));
    let key = hashed.as_ref().map_or(key, |hash| &hash[..]);
    let mut text = Vec::with_capacity(BLOCK + bytes.len().max(20));
    text.resize(BLOCK, 0x36);
    for (padded, byte) in text.iter_mut().zip(key) {
        *padded ^= byte;
    }
    text.extend_from_slice(bytes);
    let inner = sha1(&text);
    text.truncate(BLOCK);
    for padded in &mut text {
        *padded ^= 0x36 ^ 0x5c;
    }
    text.extend_from_slice(&inner);
    let mac = sha1(&text);
    text[..BLOCK].zeroize();
    mac
}

/// HMAC-SHA-256 of `bytes`, for protocols that say what is signed to the byte; otherwise see
/// [`MacKey`].
#[must_use]
pub fn hmac_sha256(key: &[u8], bytes: &[u8]) -> [u8; 32] {
    fixed(mac(hmac::HMAC_SHA256, key, bytes).as_ref())
}

/// HMAC-SHA-512 of `bytes`, as [`hmac_sha256`].
#[must_use]
pub fn hmac_sha512(key: &[u8], bytes: &[u8]) -> [u8; 64] {
    fixed(mac(hmac::HMAC_SHA512, key, bytes).as_ref())
}

fn mac(algorithm: hmac::Algorithm, key: &[u8], bytes: &[u8]) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(algorithm, key), bytes)
}

/// Returns whether two byte strings are equal, in a time that does not depend on where they differ.
#[must_use]
pub fn constant_time_eq(a: &[u8], b: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(a, b).is_ok()
}

/// A key for HMAC-SHA-256, prepared once.
#[derive(Clone)]
pub struct MacKey(hmac::Key);

impl MacKey {
    /// Takes the bytes of a secret key; 32 random bytes are meant.
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// HMAC-SHA-256 over the parts, each preceded by its length, so that no two lists of parts
    /// give the same input.
    #[must_use]
    pub fn sign(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        fixed(context.sign().as_ref())
    }

    /// Returns whether `mac` is [`sign`](Self::sign) of `parts`, compared in constant time.
    #[must_use]
    pub fn verify(&self, parts: &[&[u8]], mac: &[u8]) -> bool {
        constant_time_eq(&self.sign(parts), mac)
    }

    /// A key for another purpose, derived from this one.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> Self {
        Self::new(&self.sign(&[b"grantor/derive", purpose.as_bytes()]))
    }
}

impl std::fmt::Debug for MacKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MacKey(..)")
    }
}

fn fixed<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(bytes);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base64url;

    #[test]
    fn sha256_of_the_pkce_example() {
        // RFC 7636 appendix B.
        let verifier = b"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(
            base64url::encode(sha256(verifier)),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }

    /// Keys of every length up to three blocks, beside the library's own HMAC.
    #[test]
    fn an_hmac_of_one_call_is_that_of_the_library() {
        let library = |algorithm, key: &[u8], bytes: &[u8]| {
            let mac = hmac::sign(&hmac::Key::new(algorithm, key), bytes);
            mac.as_ref().to_vec()
        };
        let bytes: Vec<u8> = (0..=255).cycle().take(390).collect();
        for length in 0..390 {
            let (key, text) = (&bytes[..length], &bytes[length / 2..]);
            let sha1 = library(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key, text);
            assert_eq!(hmac_sha1_for_legacy_use_only(key, text)[..], sha1);
            let sha256 = library(hmac::HMAC_SHA256, key, text);
            assert_eq!(hmac_sha256(key, text)[..], sha256);
            let sha512 = library(hmac::HMAC_SHA512, key, text);
            assert_eq!(hmac_sha512(key, text)[..], sha512);
        }
    }

    #[test]
    fn parts_do_not_run_together() {
        let key = MacKey::new(&[7; 32]);
        assert_ne!(key.sign(&[b"ab", b"c"]), key.sign(&[b"a", b"bc"]));
        assert!(key.verify(&[b"ab"], &key.sign(&[b"ab"])));
        assert!(!key.verify(&[b"ab"], &key.sign(&[b"ac"])));
        assert_ne!(
            key.derive("x").sign(&[b"ab"]),
            key.derive("y").sign(&[b"ab"])
        );
    }
}
