//! The members of a JWK beside its numbers (RFC 7517 sections 4.2 to 4.5).

use serde_json::{Map, Value};

use super::material::text;
use crate::jwe_algorithm::{ContentEncryption, KeyManagement};
use crate::{Algorithm, Error};

/// `kid`, `alg`, `use` and `key_ops`.
#[derive(Clone, Default)]
pub(crate) struct Usage {
    pub(crate) key_id: Option<String>,
    pub(crate) algorithm: Option<Intended>,
    pub(crate) purpose: Option<String>,
    pub(crate) operations: Option<Vec<String>>,
}

/// The algorithm that `alg` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Intended {
    Signature(Algorithm),
    Key(KeyManagement),
    /// The key is used directly, for this (RFC 7520 section 5.6.1).
    Content(ContentEncryption),
}

impl Intended {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Signature(one) => one.as_str(),
            Self::Key(one) => one.as_str(),
            Self::Content(one) => one.as_str(),
        }
    }
}

impl Usage {
    pub(crate) fn from_jwk(jwk: &Map<String, Value>) -> Result<Self, Error> {
        let algorithm = match optional_text(jwk, "alg")? {
            None => None,
            Some("Ed448") => return Err(Error::UnsupportedCurve("Ed448")),
            Some(name) => Some(intended(name).ok_or(Error::UnsupportedKey)?),
        };
        let usage = Self {
            key_id: optional_text(jwk, "kid")?.map(str::to_owned),
            algorithm,
            purpose: optional_text(jwk, "use")?.map(str::to_owned),
            operations: operations(jwk)?,
        };
        Ok(usage)
    }

    /// Returns whether neither `alg` nor `use` nor `key_ops` forbids it.
    pub(crate) fn permits(&self, what: Intended, purpose: &str, operations: &[&str]) -> bool {
        self.algorithm.is_none_or(|only| only == what)
            && self.purpose.as_deref().is_none_or(|only| only == purpose)
            && self
                .operations
                .as_ref()
                .is_none_or(|some| some.iter().any(|one| operations.contains(&one.as_str())))
    }

    pub(crate) fn permits_verifying(&self, algorithm: Algorithm) -> bool {
        self.permits(Intended::Signature(algorithm), "sig", &["verify"])
    }

    pub(crate) fn permits_signing(&self, algorithm: Algorithm) -> bool {
        self.permits(Intended::Signature(algorithm), "sig", &["sign"])
    }

    /// The member that forbids a private key to sign with `algorithm`.
    pub(crate) fn why_not(&self, algorithm: Algorithm) -> Error {
        if self
            .algorithm
            .is_some_and(|one| one != Intended::Signature(algorithm))
        {
            Error::InvalidKey("alg")
        } else if self.purpose.as_deref().is_some_and(|one| one != "sig") {
            Error::InvalidKey("use")
        } else {
            Error::InvalidKey("key_ops")
        }
    }

    pub(crate) const fn signature_algorithm(&self) -> Option<Algorithm> {
        match self.algorithm {
            Some(Intended::Signature(algorithm)) => Some(algorithm),
            _ => None,
        }
    }
}

fn intended(name: &str) -> Option<Intended> {
    None.or_else(|| name.parse().ok().map(Intended::Signature))
        .or_else(|| name.parse().ok().map(Intended::Key))
        .or_else(|| name.parse().ok().map(Intended::Content))
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
