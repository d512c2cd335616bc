//! Public keys.

use std::fmt;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::material::Parsed;
use super::members::Intended;
use super::{Material, Usage, private};
use crate::jwe_algorithm::KeyManagement;
use crate::pem::{self, Label};
use crate::{Algorithm, Error, base64url, der, digest};

/// A public key, parsed and checked once, that verifies signatures or encrypts.
///
/// Serializes as a JWK. Certificates in a JWK (`x5c`, `x5u`) are neither read nor trusted.
#[derive(Clone)]
pub struct PublicKey {
    material: Material,
    parsed: Parsed,
    usage: Usage,
}

impl PublicKey {
    /// Reads one JWK.
    ///
    /// # Errors
    /// [`Error::UnsupportedKey`] for a type, curve or algorithm that this crate does not have,
    /// [`Error::PrivateKey`] if there is a private or symmetric part, [`Error::InvalidKey`] with
    /// the member for what is wrong, [`Error::TooLarge`], [`Error::Json`] or
    /// [`Error::DuplicateMember`].
    pub fn from_jwk(jwk: &str) -> Result<Self, Error> {
        Self::from_members(&private::object(jwk)?)
    }

    pub(crate) fn from_members(jwk: &Map<String, Value>) -> Result<Self, Error> {
        if PRIVATE_MEMBERS.iter().any(|name| jwk.contains_key(*name)) {
            return Err(Error::PrivateKey);
        }
        Self::new(Material::from_jwk(jwk)?, Usage::from_jwk(jwk)?)
    }

    /// Reads a `SubjectPublicKeyInfo` (RFC 5280 section 4.1), which does not say what the key is
    /// for.
    ///
    /// # Errors
    /// [`Error::NotSpki`] if it is none, otherwise as [`from_jwk`](Self::from_jwk).
    pub fn from_spki_der(der: &[u8]) -> Result<Self, Error> {
        let key = der::subject_public_key_info(der).ok_or(Error::NotSpki)?;
        Self::new(Material::from_spki(&key)?, Usage::default())
    }

    /// Reads a public key from PEM: `PUBLIC KEY`, or `RSA PUBLIC KEY`.
    ///
    /// # Errors
    /// [`Error::Pem`], [`Error::EncryptedKey`], [`Error::Certificate`], [`Error::EscapedLines`];
    /// [`Error::PrivateKey`] if the label is that of a private key; otherwise as
    /// [`from_spki_der`](Self::from_spki_der).
    pub fn from_pem(pem: &str) -> Result<Self, Error> {
        match pem::decode(pem)? {
            (Label::Spki, der) => Self::from_spki_der(&der),
            (Label::Pkcs1Public, der) => {
                let (n, e) = der::rsa_public_key(&der).ok_or(Error::NotSpki)?;
                let material = Material::from_spki(&der::Spki::Rsa(n, e))?;
                Self::new(material, Usage::default())
            }
            _ => Err(Error::PrivateKey),
        }
    }

    pub(crate) fn new(material: Material, usage: Usage) -> Result<Self, Error> {
        let wanted = |algorithm| usage.permits_verifying(algorithm);
        let parsed = material.parse(wanted)?;
        let fits = match usage.algorithm {
            None => true,
            Some(Intended::Signature(algorithm)) => material.fits(algorithm),
            Some(Intended::Key(algorithm)) => material.fits_encryption(algorithm),
            Some(Intended::Content(_)) => false,
        };
        if !fits {
            return Err(Error::InvalidKey("alg"));
        }
        Ok(Self {
            material,
            parsed,
            usage,
        })
    }

    pub(crate) fn for_signatures(material: Material, algorithm: Algorithm) -> Result<Self, Error> {
        let usage = Usage {
            algorithm: Some(Intended::Signature(algorithm)),
            purpose: Some("sig".into()),
            ..Usage::default()
        };
        Self::new(material, usage)
    }

    #[cfg(feature = "jwe")]
    pub(crate) fn for_encryption(
        material: Material,
        algorithm: KeyManagement,
    ) -> Result<Self, Error> {
        let usage = Usage {
            algorithm: Some(Intended::Key(algorithm)),
            purpose: Some("enc".into()),
            ..Usage::default()
        };
        Self::new(material, usage)
    }

    /// The `kid`, if it has one.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.usage.key_id.as_deref()
    }

    /// The same key under another `kid`.
    #[must_use]
    pub fn with_key_id(mut self, key_id: impl Into<String>) -> Self {
        self.usage.key_id = Some(key_id.into());
        self
    }

    /// The one signature algorithm it is meant for, if the JWK says so.
    #[must_use]
    pub const fn algorithm(&self) -> Option<Algorithm> {
        self.usage.signature_algorithm()
    }

    /// The one algorithm of JWE it is meant for, if the JWK says so.
    #[must_use]
    pub const fn encryption_algorithm(&self) -> Option<KeyManagement> {
        match self.usage.algorithm {
            Some(Intended::Key(algorithm)) => Some(algorithm),
            _ => None,
        }
    }

    /// Returns whether signatures of `algorithm` can and may be verified with it: type and curve
    /// fit, and neither `alg` nor `use` nor `key_ops` forbids it.
    #[must_use]
    pub fn verifies(&self, algorithm: Algorithm) -> bool {
        self.material.fits(algorithm) && self.usage.permits_verifying(algorithm)
    }

    /// Returns whether keys of a JWE's content can and may be encrypted to it with `algorithm`.
    #[must_use]
    pub fn encrypts(&self, algorithm: KeyManagement) -> bool {
        let operations: &[&str] = if algorithm.is_agreement() {
            &["deriveKey", "deriveBits"]
        } else {
            &["wrapKey", "encrypt"]
        };
        self.material.fits_encryption(algorithm)
            && self
                .usage
                .permits(Intended::Key(algorithm), "enc", operations)
    }

    /// The SHA-256 thumbprint in base64url (RFC 7638).
    #[must_use]
    pub fn thumbprint(&self) -> String {
        let mut canonical = String::with_capacity(512);
        for (name, value) in self.material.members() {
            canonical.push(if canonical.is_empty() { '{' } else { ',' });
            // Values are base64url or names of curves: nothing in them needs escaping.
            canonical.extend(["\"", name, "\":\"", &value, "\""]);
        }
        canonical.push('}');
        base64url::encode(digest::sha256(canonical.as_bytes()))
    }

    /// The thumbprint as a URI (RFC 9278).
    #[must_use]
    pub fn thumbprint_uri(&self) -> String {
        let thumbprint = self.thumbprint();
        format!("urn:ietf:params:oauth:jwk-thumbprint:sha-256:{thumbprint}")
    }

    /// The key as `SubjectPublicKeyInfo`.
    #[must_use]
    pub fn to_spki_der(&self) -> Vec<u8> {
        der::spki(&self.material.to_spki()).unwrap_or_default()
    }

    /// The key as PEM, `PUBLIC KEY`.
    #[must_use]
    pub fn to_pem(&self) -> String {
        std::mem::take(&mut *pem::encode(Label::Spki, &self.to_spki_der()))
    }

    /// Verifies a signature in the form of JWS over `input`.
    ///
    /// # Errors
    /// [`Error::AlgorithmNotAllowed`] if the key is not for `algorithm`,
    /// [`Error::BadSignature`].
    pub fn verify(
        &self,
        algorithm: Algorithm,
        input: &[u8],
        signature: &[u8],
    ) -> Result<(), Error> {
        if !self.verifies(algorithm) {
            return Err(Error::AlgorithmNotAllowed);
        }
        let key = self.parsed.get(algorithm);
        key.ok_or(Error::AlgorithmNotAllowed)?
            .verify_sig(input, signature)
            .map_err(|_| Error::BadSignature)
    }

    pub(crate) const fn material(&self) -> &Material {
        &self.material
    }

    pub(super) fn same_key(&self, other: &Self) -> bool {
        self.material == other.material
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in self.material.members() {
            map.serialize_entry(name, &value)?;
        }
        if let Some(key_id) = &self.usage.key_id {
            map.serialize_entry("kid", key_id)?;
        }
        if let Some(algorithm) = self.usage.algorithm {
            map.serialize_entry("alg", algorithm.as_str())?;
        }
        if let Some(purpose) = &self.usage.purpose {
            map.serialize_entry("use", purpose)?;
        }
        if let Some(operations) = &self.usage.operations {
            map.serialize_entry("key_ops", operations)?;
        }
        map.end()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicKey")
            .field("key_id", &self.usage.key_id)
            .field("algorithm", &self.algorithm())
            .finish_non_exhaustive()
    }
}

/// RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1, RFC 8037 section 2; `priv` is that of the type AKP.
const PRIVATE_MEMBERS: [&str; 9] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"];
