//! Reading private and symmetric keys.

use aws_lc_rs::rsa;
use aws_lc_rs::signature::{EcdsaKeyPair, Ed25519KeyPair};
use serde_json::{Map, Value};

use super::{Key, Material, Pair, Private, Secret, Usage};
use crate::jwk::{Curve, private};
use crate::pem::{self, Label};
use crate::{Algorithm, Error, der};

impl Key {
    /// Reads an unencrypted PKCS#8 document.
    ///
    /// # Errors
    /// [`Error::NotPkcs8`] if it is none or of another type of key, [`Error::InvalidKey`] if it
    /// is too weak, [`Error::UnsupportedCurve`].
    pub fn from_pkcs8_der(algorithm: Algorithm, document: &[u8]) -> Result<Self, Error> {
        if !der::is_one_sequence(document) {
            return Err(Error::NotPkcs8);
        }
        let pair = match Curve::of(algorithm) {
            Some(curve) => EcdsaKeyPair::from_pkcs8(curve.signing(), document)
                .map(|pair| Pair::Ecdsa(curve, Box::new(pair))),
            None if algorithm.is_rsa() => {
                rsa::KeyPair::from_pkcs8(document).map(|pair| Pair::Rsa(Box::new(pair)))
            }
            None if algorithm.is_symmetric() => return Err(Error::UnsupportedKey),
            None => Ed25519KeyPair::from_pkcs8(document).map(|pair| Pair::Ed25519(Box::new(pair))),
        };
        Self::new(algorithm, pair.map_err(|_| der::not_pkcs8(document))?)
    }

    /// Reads an unencrypted private key from PEM: `PRIVATE KEY`, `EC PRIVATE KEY` or
    /// `RSA PRIVATE KEY`.
    ///
    /// # Errors
    /// [`Error::Pem`], [`Error::EncryptedKey`], [`Error::Certificate`], [`Error::EscapedLines`],
    /// [`Error::UnsupportedKey`] for another label, otherwise as
    /// [`from_pkcs8_der`](Self::from_pkcs8_der).
    pub fn from_pem(algorithm: Algorithm, pem: &str) -> Result<Self, Error> {
        let (label, document) = pem::decode(pem)?;
        let not_of_algorithm = |_| Error::NotPkcs8;
        if !der::is_one_sequence(&document) {
            return Err(Error::NotPkcs8);
        }
        let pair = match (label, Curve::of(algorithm)) {
            (Label::Pkcs8, _) => return Self::from_pkcs8_der(algorithm, &document),
            (Label::Sec1, Some(curve)) => {
                let pair = EcdsaKeyPair::from_private_key_der(curve.signing(), &document);
                Pair::Ecdsa(curve, Box::new(pair.map_err(not_of_algorithm)?))
            }
            (Label::Pkcs1, _) if algorithm.is_rsa() => {
                let pair = rsa::KeyPair::from_der(&document);
                Pair::Rsa(Box::new(pair.map_err(not_of_algorithm)?))
            }
            (Label::Sec1 | Label::Pkcs1, _) => return Err(Error::NotPkcs8),
            (Label::Spki | Label::Pkcs1Public, _) => return Err(Error::UnsupportedKey),
        };
        Self::new(algorithm, pair)
    }

    /// A key for HMAC from a shared secret, such as a client secret. It has no id.
    ///
    /// # Errors
    /// [`Error::InvalidKey`] if the secret is shorter than the hash (RFC 7518 section 3.2),
    /// [`Error::UnsupportedKey`] if `algorithm` is not symmetric.
    pub fn from_secret(algorithm: Algorithm, secret: &[u8]) -> Result<Self, Error> {
        let secret = Secret::new(algorithm, secret, Usage::default())?;
        Self::new(algorithm, Pair::Secret(Box::new(secret)))
    }

    /// Reads a private or secret JWK whose `alg` says what it signs with.
    ///
    /// # Errors
    /// [`Error::InvalidKey`] with the member that is missing or wrong, `alg` among them;
    /// [`Error::UnsupportedKey`]; [`Error::Json`] or [`Error::DuplicateMember`].
    pub fn from_jwk(jwk: &str) -> Result<Self, Error> {
        Self::from_members(&private::object(jwk)?, None)
    }

    /// Reads a private or secret JWK for `algorithm`, which it may lack the name of.
    ///
    /// # Errors
    /// As [`from_jwk`](Self::from_jwk).
    pub fn from_jwk_for(algorithm: Algorithm, jwk: &str) -> Result<Self, Error> {
        Self::from_members(&private::object(jwk)?, Some(algorithm))
    }

    pub(crate) fn from_members(
        jwk: &Map<String, Value>,
        algorithm: Option<Algorithm>,
    ) -> Result<Self, Error> {
        let usage = Usage::from_jwk(jwk)?;
        let algorithm = algorithm
            .or_else(|| usage.signature_algorithm())
            .ok_or(Error::InvalidKey("alg"))?;
        let key_id = usage.key_id.clone();
        let pair = match Private::from_jwk(jwk)? {
            // A secret that only verifies is a key of a set, so it need not be one to sign with.
            Private::Secret(secret) => {
                Pair::Secret(Box::new(Secret::new(algorithm, &secret, usage)?))
            }
            _ if !usage.permits_signing(algorithm) => return Err(usage.why_not(algorithm)),
            Private::Rsa(numbers) if algorithm.is_rsa() => {
                Pair::Rsa(Box::new(private::rsa_key_pair(&numbers)?))
            }
            Private::Curve(Material::Ec { curve, point }, d) if curve.algorithm() == algorithm => {
                // Also finds out whether the two belong together.
                EcdsaKeyPair::from_private_key_and_public_key(curve.signing(), &d, &point)
                    .map(|pair| Pair::Ecdsa(curve, Box::new(pair)))
                    .map_err(|_| Error::InvalidKey("d"))?
            }
            Private::Curve(Material::Ed25519 { x }, d)
                if matches!(algorithm, Algorithm::EdDsa | Algorithm::Ed25519) =>
            {
                Ed25519KeyPair::from_seed_and_public_key(&d, &x)
                    .map(|pair| Pair::Ed25519(Box::new(pair)))
                    .map_err(|_| Error::InvalidKey("d"))?
            }
            _ => return Err(Error::InvalidKey("alg")),
        };
        let key = Self::new(algorithm, pair)?;
        Ok(match key_id {
            Some(key_id) => key.with_key_id(key_id),
            None => key,
        })
    }
}
