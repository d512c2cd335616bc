//! Symmetric keys for signatures.

use std::fmt;

use aws_lc_rs::hmac;
use zeroize::Zeroizing;

use crate::base64url::Wide;
use crate::jwk::{Intended, Usage};
use crate::{Algorithm, Error, digest};

/// A secret for HMAC, prepared once.
#[derive(Clone)]
pub(crate) struct Secret {
    key: hmac::Key,
    bytes: Zeroizing<Vec<u8>>,
    algorithm: Algorithm,
    usage: Usage,
    wide: Wide,
}

impl Secret {
    /// RFC 7518 section 3.2: "A key of the same size as the hash output (for instance, 256 bits
    /// for "HS256") or larger MUST be used".
    pub(super) fn new(algorithm: Algorithm, bytes: &[u8], usage: Usage) -> Result<Self, Error> {
        let (hash, length) = match algorithm {
            Algorithm::Hs256 => (hmac::HMAC_SHA256, 32),
            Algorithm::Hs384 => (hmac::HMAC_SHA384, 48),
            Algorithm::Hs512 => (hmac::HMAC_SHA512, 64),
            _ => return Err(Error::UnsupportedKey),
        };
        if bytes.len() < length {
            return Err(Error::InvalidKey("k"));
        }
        let intended = Intended::Signature(algorithm);
        if usage.algorithm.is_some_and(|one| one != intended) {
            return Err(Error::InvalidKey("alg"));
        }
        Ok(Self {
            key: hmac::Key::new(hash, bytes),
            bytes: Zeroizing::new(bytes.to_vec()),
            algorithm,
            usage,
            wide: Wide::new(),
        })
    }

    pub(super) fn with_key_id(mut self, key_id: &str) -> Self {
        self.usage.key_id = Some(key_id.to_owned()).filter(|id| !id.is_empty());
        self
    }

    pub(super) const fn bytes(&self) -> &Zeroizing<Vec<u8>> {
        &self.bytes
    }

    pub(super) const fn hmac(&self) -> &hmac::Key {
        &self.key
    }

    pub(crate) const fn wide(&self) -> &Wide {
        &self.wide
    }

    pub(crate) fn key_id(&self) -> Option<&str> {
        self.usage.key_id.as_deref()
    }

    pub(crate) fn verifies(&self, algorithm: Algorithm) -> bool {
        self.algorithm == algorithm && self.usage.permits_verifying(algorithm)
    }

    pub(crate) fn may_sign(&self) -> bool {
        self.usage.permits_signing(self.algorithm)
    }

    pub(crate) fn same_key(&self, other: &Self) -> bool {
        digest::constant_time_eq(&self.bytes, &other.bytes)
    }

    pub(crate) fn verify(
        &self,
        algorithm: Algorithm,
        input: &[u8],
        signature: &[u8],
    ) -> Result<(), Error> {
        if !self.verifies(algorithm) {
            return Err(Error::AlgorithmNotAllowed);
        }
        hmac::verify(&self.key, input, signature).map_err(|_| Error::BadSignature)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}
