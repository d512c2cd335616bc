//! The public keys of a client.

use std::fmt;
use std::sync::Arc;

use grantor_jose::{Algorithm, KeySet};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Value;

/// The public keys of a client, as it registered them (`jwks` of RFC 7591). Cheap to clone.
#[derive(Clone)]
pub struct ClientKeys(Arc<Registered>);

struct Registered {
    document: Value,
    keys: KeySet,
}

/// The reason why a document has no keys that a client can authenticate with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidClientKeys {
    /// It is no JWK Set, or there is a private or symmetric key in it.
    Document(grantor_jose::Error),
    /// No key in it verifies signatures.
    NoKey,
}

impl ClientKeys {
    /// Reads a JWK Set of public keys.
    ///
    /// # Errors
    /// It is none, it has a private or symmetric key, or no key that verifies signatures.
    pub fn from_json(json: &str) -> Result<Self, InvalidClientKeys> {
        let keys = KeySet::from_json(json.as_bytes()).map_err(InvalidClientKeys::Document)?;
        let verifies = |algorithm: &Algorithm| keys.keys().iter().any(|k| k.verifies(*algorithm));
        if !Algorithm::ALL.iter().any(verifies) {
            return Err(InvalidClientKeys::NoKey);
        }
        let document = serde_json::from_str(json).map_err(|_| InvalidClientKeys::NoKey)?;
        Ok(Self(Arc::new(Registered { document, keys })))
    }

    /// The keys.
    #[must_use]
    pub fn keys(&self) -> &KeySet {
        &self.0.keys
    }

    /// The document, as it was registered.
    #[must_use]
    pub fn document(&self) -> &Value {
        &self.0.document
    }
}

impl PartialEq for ClientKeys {
    fn eq(&self, other: &Self) -> bool {
        self.0.document == other.0.document
    }
}

impl Eq for ClientKeys {}

impl fmt::Debug for ClientKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ClientKeys").field(&self.0.document).finish()
    }
}

impl Serialize for ClientKeys {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.document.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ClientKeys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let document = Value::deserialize(deserializer)?;
        Self::from_json(&document.to_string()).map_err(de::Error::custom)
    }
}

impl fmt::Display for InvalidClientKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Document(error) => write!(
                f,
                "it is not a JWK Set of public keys, {{\"keys\":[...]}}: {error}"
            ),
            Self::NoKey => f.write_str("no key in the JWK Set verifies signatures"),
        }
    }
}

impl std::error::Error for InvalidClientKeys {}

#[cfg(test)]
mod tests {
    use super::*;
    use grantor_jose::Key;

    #[test]
    fn only_public_keys_for_signatures_are_taken() {
        let key = Key::generate(Algorithm::Es256).unwrap();
        let set = |jwk: &str| format!("{{\"keys\":[{jwk}]}}");
        let public = serde_json::to_string(key.public().unwrap()).unwrap();
        let keys = ClientKeys::from_json(&set(&public)).unwrap();
        assert_eq!(keys.keys().keys().len(), 1);
        let private = set(&key.to_private_jwk().unwrap());
        assert!(matches!(
            ClientKeys::from_json(&private),
            Err(InvalidClientKeys::Document(grantor_jose::Error::PrivateKey))
        ));
        assert_eq!(
            ClientKeys::from_json(&set("")),
            Err(InvalidClientKeys::NoKey)
        );
        assert!(ClientKeys::from_json("{}").is_err());
    }
}
