//! Reading keys to decrypt with.

use aws_lc_rs::agreement::{PrivateKey, X25519};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::PrivateDecryptingKey;
use serde_json::{Map, Value};

use super::key::Secret;
use super::{DecryptionKey, KeyManagement, agreement as ecdh};
use crate::jwk::{Curve, Intended, Material, Private, Usage, private};
use crate::pem::{self, Label};
use crate::{Error, der};

impl DecryptionKey {
    /// Reads an unencrypted PKCS#8 document.
    ///
    /// # Errors
    /// [`Error::NotPkcs8`] if it is none or of another type of key, [`Error::InvalidKey`] if it
    /// is too weak, [`Error::UnsupportedKey`] for another curve.
    pub fn from_pkcs8_der(algorithm: KeyManagement, document: &[u8]) -> Result<Self, Error> {
        let not_pkcs8 = |_| Error::NotPkcs8;
        if !der::is_one_sequence(document) {
            return Err(Error::NotPkcs8);
        }
        if algorithm.is_rsa() {
            let key = PrivateDecryptingKey::from_pkcs8(document).map_err(not_pkcs8)?;
            return Self::from_rsa(algorithm, key);
        }
        if !algorithm.is_agreement() {
            return Err(Error::UnsupportedKey);
        }
        let (key, like) = if let Some(secret) = der::x25519_private_key(document) {
            let key = PrivateKey::from_private_key(&X25519, secret).map_err(not_pkcs8)?;
            (key, Material::X25519 { x: [0; 32] })
        } else {
            let oid = der::ec_private_key(document).ok_or_else(|| der::not_pkcs8(document))?;
            let curve = Curve::from_oid(oid).ok_or(Error::UnsupportedKey)?;
            let agreement = curve.agreement().ok_or(Error::UnsupportedKey)?;
            let key = PrivateKey::from_private_key_der(agreement, document).map_err(not_pkcs8)?;
            let point = Vec::new();
            (key, Material::Ec { curve, point })
        };
        let public = ecdh::public(&key, &like)?;
        Self::from_agreement(algorithm, key, public)
    }

    /// Reads an unencrypted private key from PEM, `PRIVATE KEY`.
    ///
    /// # Errors
    /// [`Error::Pem`], [`Error::EncryptedKey`], [`Error::Certificate`], [`Error::EscapedLines`],
    /// [`Error::UnsupportedKey`] for another label, otherwise as
    /// [`from_pkcs8_der`](Self::from_pkcs8_der).
    pub fn from_pem(algorithm: KeyManagement, pem: &str) -> Result<Self, Error> {
        match pem::decode(pem)? {
            (Label::Pkcs8, der) => Self::from_pkcs8_der(algorithm, &der),
            _ => Err(Error::UnsupportedKey),
        }
    }

    /// Reads a private or secret JWK whose `alg` says what it decrypts with; the name of an
    /// encryption of contents there means `dir`.
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
    pub fn from_jwk_for(algorithm: KeyManagement, jwk: &str) -> Result<Self, Error> {
        Self::from_members(&private::object(jwk)?, Some(algorithm))
    }

    fn from_members(
        jwk: &Map<String, Value>,
        wanted: Option<KeyManagement>,
    ) -> Result<Self, Error> {
        let usage = Usage::from_jwk(jwk)?;
        let (named, encryption) = match usage.algorithm {
            None => (None, None),
            Some(Intended::Key(algorithm)) => (Some(algorithm), None),
            Some(Intended::Content(one)) => (Some(KeyManagement::Dir), Some(one)),
            Some(Intended::Signature(_)) => return Err(Error::InvalidKey("alg")),
        };
        let algorithm = wanted.or(named).ok_or(Error::InvalidKey("alg"))?;
        if named.is_some_and(|named| named != algorithm) {
            return Err(Error::InvalidKey("alg"));
        }
        if usage.purpose.as_deref().is_some_and(|one| one != "enc") {
            return Err(Error::InvalidKey("use"));
        }
        if let Some(operations) = &usage.operations {
            let needed: &[&str] = match algorithm {
                KeyManagement::Dir => &["decrypt"],
                one if one.is_agreement() => &["deriveKey", "deriveBits"],
                _ => &["unwrapKey", "decrypt"],
            };
            if !operations.iter().any(|one| needed.contains(&one.as_str())) {
                return Err(Error::InvalidKey("key_ops"));
            }
        }
        let mut key = match Private::from_jwk(jwk)? {
            Private::Secret(secret) if algorithm.is_password() => {
                Self::from_password(algorithm, &secret)?
            }
            Private::Secret(secret) if algorithm.is_symmetric() => {
                Self::from_secret(algorithm, &secret)?
            }
            Private::Rsa(numbers) if algorithm.is_rsa() => {
                let pair = private::rsa_key_pair(&numbers)?;
                let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| Error::Unavailable)?;
                Self::from_pkcs8_der(algorithm, der.as_ref())?
            }
            Private::Curve(material, d) if material.fits_encryption(algorithm) => {
                let (curve, _) = ecdh::parts(&material).ok_or(Error::UnsupportedKey)?;
                let private = PrivateKey::from_private_key(curve, &d);
                let private = private.map_err(|_| Error::InvalidKey("d"))?;
                if ecdh::public(&private, &material)? != material {
                    return Err(Error::InvalidKey("d"));
                }
                Self::from_agreement(algorithm, private, material)?
            }
            _ => return Err(Error::InvalidKey("alg")),
        };
        if let (Secret::Shared(secret), Some(one)) = (&key.secret, encryption)
            && secret.bytes().len() != one.key_length()
        {
            return Err(Error::InvalidKey("k"));
        }
        key.encryption = encryption;
        Ok(match usage.key_id {
            Some(key_id) => key.with_key_id(key_id),
            None => key,
        })
    }
}
