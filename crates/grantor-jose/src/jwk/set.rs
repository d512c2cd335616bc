use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::{Algorithm, Error, Part, PublicKey, json};

/// The public keys of an issuer or a client: a JWK Set (RFC 7517 section 5).
///
/// What is read from outside is treated so:
/// - A key that is not understood, malformed or too weak is left out, as the RFC asks, and listed
///   in [`skipped`](Self::skipped).
/// - A private or symmetric key refuses the whole set: who publishes one has lost control over it,
///   and nobody would look at a warning.
/// - The same key may stand there twice, with one `use` each for example.
/// - Different keys may share a `kid` if their algorithms differ. If not, tokens with that `kid`
///   are refused with [`Error::AmbiguousKey`], and the other keys of the set go on working.
#[derive(Debug, Clone, Default)]
pub struct KeySet {
    keys: Vec<PublicKey>,
    skipped: Vec<Skipped>,
}

/// A key of a set that is left out, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Skipped {
    /// Where in the array `keys` it stands, from 0.
    pub index: usize,
    /// What is wrong with it.
    pub reason: Error,
}

impl KeySet {
    /// A set without keys, in which no signature is valid.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            keys: Vec::new(),
            skipped: Vec::new(),
        }
    }

    /// Reads a JWK Set.
    ///
    /// # Errors
    /// [`Error::TooLarge`], [`Error::Json`], [`Error::DuplicateMember`], and
    /// [`Error::PrivateKey`] if any key has a private or symmetric part.
    pub fn from_json(json: &[u8]) -> Result<Self, Error> {
        if json.len() > MAX_SET_BYTES {
            return Err(Error::TooLarge);
        }
        let members = json::object(json, Part::KeySet)?;
        let Some(Value::Array(jwks)) = members.get("keys") else {
            return Err(Error::Json(Part::KeySet));
        };
        let mut set = Self::new();
        for (index, jwk) in jwks.iter().enumerate() {
            let jwk = jwk.as_object().ok_or(Error::Json(Part::KeySet))?;
            match PublicKey::from_members(jwk) {
                Ok(key) => set.keys.push(key),
                Err(Error::PrivateKey) => return Err(Error::PrivateKey),
                Err(reason) => set.skipped.push(Skipped { index, reason }),
            }
        }
        Ok(set)
    }

    /// The keys, in the order of the document.
    #[must_use]
    pub fn keys(&self) -> &[PublicKey] {
        &self.keys
    }

    /// What was left out when the set was read. Worth a line in the log.
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
}

impl FromIterator<PublicKey> for KeySet {
    fn from_iter<I: IntoIterator<Item = PublicKey>>(keys: I) -> Self {
        Self {
            keys: keys.into_iter().collect(),
            skipped: Vec::new(),
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
