use std::fmt;

use aws_lc_rs::signature::ParsedPublicKey;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::Material;
use super::material::text;
use crate::{Algorithm, Error, Part, base64url, digest, json};

/// A public key, parsed and checked once, that verifies signatures.
///
/// Serializes as a JWK. Certificates in a JWK (`x5c`, `x5u`) are neither read nor trusted.
#[derive(Clone)]
pub struct PublicKey {
    material: Material,
    parsed: ParsedPublicKey,
    key_id: Option<String>,
    algorithm: Option<Algorithm>,
    /// `use`
    purpose: Option<String>,
    /// `key_ops`
    operations: Option<Vec<String>>,
}

impl PublicKey {
    /// Reads one JWK.
    ///
    /// # Errors
    /// [`Error::UnsupportedKey`] for a type, curve or algorithm that this crate does not have,
    /// [`Error::PrivateKey`] if there is a private or symmetric part, [`Error::InvalidKey`] with
    /// the member for what is wrong, [`Error::Json`] or [`Error::DuplicateMember`].
    pub fn from_jwk(jwk: &str) -> Result<Self, Error> {
        Self::from_members(&json::object(jwk.as_bytes(), Part::Key)?)
    }

    pub(super) fn from_members(jwk: &Map<String, Value>) -> Result<Self, Error> {
        if PRIVATE_MEMBERS.iter().any(|name| jwk.contains_key(*name)) {
            return Err(Error::PrivateKey);
        }
        let material = Material::from_jwk(jwk)?;
        let parsed = material.parse()?;
        let algorithm = match optional_text(jwk, "alg")? {
            Some(name) => Some(name.parse().map_err(|_| Error::UnsupportedKey)?),
            None => None,
        };
        if algorithm.is_some_and(|algorithm| !material.fits(algorithm)) {
            return Err(Error::InvalidKey("alg"));
        }
        Ok(Self {
            material,
            parsed,
            key_id: optional_text(jwk, "kid")?.map(str::to_owned),
            algorithm,
            purpose: optional_text(jwk, "use")?.map(str::to_owned),
            operations: operations(jwk)?,
        })
    }

    pub(crate) fn from_material(material: Material, algorithm: Algorithm) -> Result<Self, Error> {
        Ok(Self {
            parsed: material.parse()?,
            material,
            key_id: None,
            algorithm: Some(algorithm),
            purpose: Some("sig".into()),
            operations: None,
        })
    }

    /// The `kid`, if it has one.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// The same key under another `kid`.
    #[must_use]
    pub fn with_key_id(self, key_id: impl Into<String>) -> Self {
        Self {
            key_id: Some(key_id.into()),
            ..self
        }
    }

    /// The one algorithm it is meant for, if the JWK says so.
    #[must_use]
    pub const fn algorithm(&self) -> Option<Algorithm> {
        self.algorithm
    }

    /// Whether signatures of `algorithm` can and may be verified with it: type and curve fit, and
    /// neither `alg` nor `use` nor `key_ops` forbids it.
    #[must_use]
    pub fn verifies(&self, algorithm: Algorithm) -> bool {
        let operations = self.operations.as_ref();
        self.material.fits(algorithm)
            && self.algorithm.is_none_or(|only| only == algorithm)
            && self.purpose.as_ref().is_none_or(|only| only == "sig")
            && operations.is_none_or(|some| some.iter().any(|one| one == "verify"))
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
        self.parsed
            .verify_sig(input, signature)
            .map_err(|_| Error::BadSignature)
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
        if let Some(key_id) = &self.key_id {
            map.serialize_entry("kid", key_id)?;
        }
        if let Some(algorithm) = self.algorithm {
            map.serialize_entry("alg", &algorithm)?;
        }
        if let Some(purpose) = &self.purpose {
            map.serialize_entry("use", purpose)?;
        }
        if let Some(operations) = &self.operations {
            map.serialize_entry("key_ops", operations)?;
        }
        map.end()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicKey")
            .field("key_id", &self.key_id)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

fn optional_text<'a>(
    jwk: &'a Map<String, Value>,
    name: &'static str,
) -> Result<Option<&'a str>, Error> {
    if jwk.contains_key(name) {
        text(jwk, name).map(Some)
    } else {
        Ok(None)
    }
}

/// RFC 7517 section 4.3: "Duplicate key operation values MUST NOT be present in the array."
fn operations(jwk: &Map<String, Value>) -> Result<Option<Vec<String>>, Error> {
    let invalid = Error::InvalidKey("key_ops");
    let Some(value) = jwk.get("key_ops") else {
        return Ok(None);
    };
    let mut operations = Vec::new();
    for operation in value.as_array().ok_or(invalid)? {
        let operation = operation.as_str().ok_or(invalid)?.to_owned();
        if operations.contains(&operation) {
            return Err(invalid);
        }
        operations.push(operation);
    }
    Ok(Some(operations))
}

/// RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1, RFC 8037 section 2; `priv` is that of the type AKP.
const PRIVATE_MEMBERS: [&str; 9] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"];
