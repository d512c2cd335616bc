//! Sets of keys (RFC 7517 section 5).

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::base64url::Wide;
use crate::jwe_algorithm::KeyManagement;
use crate::key::Secret;
use crate::{Algorithm, Error, Key, Part, PublicKey, json};

/// The public keys of an issuer or a client: a JWK Set (RFC 7517 section 5).
///
/// Or the secrets that one party shares with another, for HMAC; a set never holds both kinds, and
/// secrets are not serialized.
///
/// A set from outside is read by these rules:
/// - A key that is not understood, malformed or too weak is left out, as the RFC asks, and listed
///   in [`skipped`](Self::skipped).
/// - A private or symmetric key refuses the whole set: its publisher has lost control over it,
///   and nobody would look at a warning.
/// - The same key may be listed twice, with one `use` each for example.
/// - Different keys may share a `kid` if their algorithms differ. If not, tokens with that `kid`
///   are refused with [`Error::AmbiguousKey`], and the other keys of the set go on working.
#[derive(Debug, Clone, Default)]
pub struct KeySet {
    keys: Vec<PublicKey>,
    secrets: Vec<Secret>,
    skipped: Vec<Skipped>,
}

/// A key of a set that is left out, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Skipped {
    /// Its index in the array `keys`, from 0.
    pub index: usize,
    /// The reason why it was skipped.
    pub reason: Error,
}

impl KeySet {
    /// A set without keys, in which no signature is valid.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            keys: Vec::new(),
            secrets: Vec::new(),
            skipped: Vec::new(),
        }
    }

    /// Reads a JWK Set.
    ///
    /// # Errors
    /// [`Error::TooLarge`], [`Error::Json`], [`Error::DuplicateMember`], and
    /// [`Error::PrivateKey`] if any key has a private or symmetric part.
    pub fn from_json(json: &[u8]) -> Result<Self, Error> {
        let mut set = Self::new();
        for (index, jwk) in jwks(json)?.iter().enumerate() {
            let jwk = jwk.as_object().ok_or(Error::Json(Part::KeySet))?;
            match PublicKey::from_members(jwk) {
                Ok(key) => set.keys.push(key),
                Err(Error::PrivateKey) => return Err(Error::PrivateKey),
                Err(reason) => set.skipped.push(Skipped { index, reason }),
            }
        }
        Ok(set)
    }

    /// A set of secrets to verify HMACs with, such as those of a client that has two while it
    /// changes from one to the other.
    ///
    /// # Errors
    /// [`Error::UnsupportedKey`] if a key is not symmetric: verify its signatures with
    /// [`Key::public`].
    pub fn from_secrets<'a>(keys: impl IntoIterator<Item = &'a Key>) -> Result<Self, Error> {
        let secrets = keys.into_iter().map(|key| key.secret().cloned());
        let secrets: Option<Vec<_>> = secrets.collect();
        Ok(Self {
            secrets: secrets.ok_or(Error::UnsupportedKey)?,
            ..Self::new()
        })
    }

    /// Reads a JWK Set of secrets (`oct`), each with its `alg`. It comes from one's own
    /// configuration, so nothing is left out: one wrong key refuses the set.
    ///
    /// # Errors
    /// As [`from_json`](Self::from_json); [`Error::MixedKeySet`] if there is a key of another
    /// type; what [`Key::from_jwk`] answers.
    pub fn from_secrets_json(json: &[u8]) -> Result<Self, Error> {
        let keys = jwks(json)?;
        let mut secrets = Vec::with_capacity(keys.len());
        for jwk in keys {
            let jwk = jwk.as_object().ok_or(Error::Json(Part::KeySet))?;
            if jwk.get("kty").and_then(Value::as_str) != Some("oct") {
                return Err(Error::MixedKeySet);
            }
            secrets.push(Key::from_members(jwk, None)?);
        }
        Self::from_secrets(&secrets)
    }

    /// The public keys, in the order of the document.
    #[must_use]
    pub fn keys(&self) -> &[PublicKey] {
        &self.keys
    }

    /// Returns the keys that were left out when the set was read. A program should log them.
    #[must_use]
    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    /// The one key for a token with this `kid` and `alg`.
    ///
    /// With a `kid`, the key must carry exactly that. Without one, only one key of the set may fit
    /// the algorithm (OpenID Connect Core section 10.1).
    ///
    /// # Errors
    /// [`Error::UnknownKey`], [`Error::AmbiguousKey`].
    pub fn select(&self, key_id: Option<&str>, algorithm: Algorithm) -> Result<&PublicKey, Error> {
        let mut fitting = self
            .keys
            .iter()
            .filter(|key| key.verifies(algorithm) && (key_id.is_none() || key.key_id() == key_id));
        let key = fitting.next().ok_or(Error::UnknownKey)?;
        if fitting.all(|other| other.same_key(key)) {
            Ok(key)
        } else {
            Err(Error::AmbiguousKey)
        }
    }

    /// The first key that may be encrypted to with `algorithm`.
    ///
    /// # Errors
    /// [`Error::UnknownKey`].
    pub fn select_for_encryption(&self, algorithm: KeyManagement) -> Result<&PublicKey, Error> {
        let mut keys = self.keys.iter();
        keys.find(|key| key.encrypts(algorithm))
            .ok_or(Error::UnknownKey)
    }

    /// The one key for a token, public or secret.
    pub(crate) fn choose(
        &self,
        key_id: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<Chosen<'_>, Error> {
        if self.secrets.is_empty() {
            return self.select(key_id, algorithm).map(Chosen::Public);
        }
        let mut fitting = self
            .secrets
            .iter()
            .filter(|key| key.verifies(algorithm) && (key_id.is_none() || key.key_id() == key_id));
        let key = fitting.next().ok_or(Error::UnknownKey)?;
        if fitting.all(|other| other.same_key(key)) {
            Ok(Chosen::Secret(key))
        } else {
            Err(Error::AmbiguousKey)
        }
    }
}

/// The key that a token is verified with.
#[derive(Clone, Copy)]
pub(crate) enum Chosen<'a> {
    Public(&'a PublicKey),
    Secret(&'a Secret),
}

impl<'a> Chosen<'a> {
    /// For the payload, where verifying is so fast that it matters.
    pub(crate) const fn wide(self) -> Option<&'a Wide> {
        match self {
            Self::Public(_) => None,
            Self::Secret(key) => Some(key.wide()),
        }
    }

    pub(crate) fn verify(
        self,
        algorithm: Algorithm,
        input: &[u8],
        signature: &[u8],
    ) -> Result<(), Error> {
        match self {
            Self::Public(key) => key.verify(algorithm, input, signature),
            Self::Secret(key) => key.verify(algorithm, input, signature),
        }
    }
}

fn jwks(json: &[u8]) -> Result<Vec<Value>, Error> {
    if json.len() > MAX_SET_BYTES {
        return Err(Error::TooLarge);
    }
    match json::document(json, Part::KeySet)?.remove("keys") {
        Some(Value::Array(keys)) => Ok(keys),
        _ => Err(Error::Json(Part::KeySet)),
    }
}

impl FromIterator<PublicKey> for KeySet {
    fn from_iter<I: IntoIterator<Item = PublicKey>>(keys: I) -> Self {
        Self {
            keys: keys.into_iter().collect(),
            ..Self::new()
        }
    }
}

impl Serialize for KeySet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut set = serializer.serialize_struct("KeySet", 1)?;
        set.serialize_field("keys", &self.keys)?;
        set.end()
    }
}

/// Room for some hundred keys with certificates.
const MAX_SET_BYTES: usize = 512 * 1024;
