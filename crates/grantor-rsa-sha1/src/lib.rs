//! `RSA-SHA1` (RFC 5849 section 3.4.3): the signature method of OAuth 1.0a by a private key, for APIs
//! that take no other.
//!
//! SHA-1 is broken for signatures: whoever can choose what is signed can find two texts with the same
//! signature. A server that takes `RSA-SHA256` is better asked by
//! [`SignatureMethod::rsa`](grantor_core::oauth1::SignatureMethod::rsa).
//!
//! This crate alone has `unsafe` code: three calls of the cryptography library that the rest of grantor
//! uses by its safe interface, which has no such signature.
//!
//! ```
//! use std::sync::Arc;
//!
//! use grantor_core::oauth1::{Credentials, SignatureMethod, Signing};
//! use grantor_rsa_sha1::RsaSha1Key;
//!
//! # let pem = include_str!("../tests/key.pem");
//! let key = RsaSha1Key::from_pem(pem)?;
//! let mut signing = Signing::new(Credentials::new("app", ""));
//! signing.method = SignatureMethod::Own(Arc::new(key));
//! # Ok::<(), grantor_rsa_sha1::InvalidKey>(())
//! ```

#[expect(
    unsafe_code,
    reason = "the library has no safe call for RSA with SHA-1"
)]
mod ffi;
mod pem;

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use grantor_core::Secret;
use grantor_core::oauth1::OwnMethod;
use grantor_jose::SignError;
use grantor_jose::digest::sha1_for_legacy_use_only;

use self::ffi::PrivateKey;

/// A private RSA key for `RSA-SHA1`. It is a [signature method](OwnMethod); the secrets of the credentials
/// sign nothing.
pub struct RsaSha1Key(PrivateKey);

/// The reason why there is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidKey {
    /// The text has no private key in PEM, or an encrypted one.
    Pem,
    /// The key is not one for RSA, or is damaged.
    Key,
    /// The key is shorter than 1024 bits or longer than 8192.
    Size,
}

impl fmt::Display for InvalidKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pem => {
                "there is no private key in PEM: \"PRIVATE KEY\" (PKCS #8) or \"RSA PRIVATE KEY\" \
                 (PKCS #1), not encrypted"
            }
            Self::Key => "the private key is none for RSA, or damaged",
            Self::Size => "an RSA key for RSA-SHA1 has 1024 to 8192 bits",
        })
    }
}

impl std::error::Error for InvalidKey {}

impl RsaSha1Key {
    /// Reads a private key in PEM: PKCS #8 or PKCS #1. Keys of 1024 bits are taken, since servers that
    /// know no other method know them.
    ///
    /// # Errors
    /// There is no such key in the text.
    pub fn from_pem(pem: &str) -> Result<Self, InvalidKey> {
        let (label, der) = pem::private_key(pem).ok_or(InvalidKey::Pem)?;
        let key = match label {
            pem::Label::Pkcs8 => PrivateKey::from_pkcs8(&der),
            pem::Label::Pkcs1 => PrivateKey::from_pkcs1(&der),
        };
        let key = key.ok_or(InvalidKey::Key)?;
        match (1024..=8192).contains(&key.bits()) {
            true => Ok(Self(key)),
            false => Err(InvalidKey::Size),
        }
    }
}

impl fmt::Debug for RsaSha1Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RsaSha1Key").finish_non_exhaustive()
    }
}

impl OwnMethod for RsaSha1Key {
    fn name(&self) -> &str {
        "RSA-SHA1"
    }

    fn signature(&self, base_string: &str, _: &Secret, _: &Secret) -> Result<Secret, SignError> {
        let digest = sha1_for_legacy_use_only(base_string.as_bytes());
        let signature = self.0.sign_sha1(&digest);
        let signature = signature.ok_or_else(|| SignError::new("the RSA key could not sign"))?;
        Ok(Secret::new(STANDARD.encode(signature)))
    }

    fn body_hash(&self, body: &[u8]) -> Option<String> {
        Some(STANDARD.encode(sha1_for_legacy_use_only(body)))
    }
}
