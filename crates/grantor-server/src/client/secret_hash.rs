//! Stored secrets of clients.

use std::fmt;

use grantor_core::{Secret, Timestamp};
use grantor_jose::base64url;
use grantor_jose::digest::{MacKey, constant_time_eq, sha256};
use serde::{Deserialize, Serialize};

/// A secret of a client, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredSecret {
    pub(crate) hash: SecretHash,
    /// When it stops being valid, because another one has replaced it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expires_at: Option<Timestamp>,
}

impl StoredSecret {
    pub(crate) fn new(hash: SecretHash) -> Self {
        Self {
            hash,
            expires_at: None,
        }
    }

    pub(crate) fn is_valid(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|at| now < at)
    }
}

/// The hash of a client secret.
///
/// A generated one has 256 random bits, so SHA-256 is enough. One that somebody chose may be
/// guessable: it is hashed with a key of the server, which is sealed under the master key, so that a
/// stolen database can't be searched. Neither costs the token endpoint what a password hash would.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SecretHash {
    Generated(String),
    Chosen(String),
}

impl SecretHash {
    pub(crate) fn generated(secret: &Secret) -> Self {
        Self::Generated(base64url::encode(sha256(secret.expose().as_bytes())))
    }

    pub(crate) fn chosen(secret: &Secret, client_id: &str, key: &MacKey) -> Self {
        Self::Chosen(keyed(secret, client_id, key))
    }

    pub(crate) fn verify(&self, secret: &Secret, client_id: &str, key: &MacKey) -> bool {
        let (expected, actual) = match self {
            Self::Generated(hash) => (hash, base64url::encode(sha256(secret.expose().as_bytes()))),
            Self::Chosen(hash) => (hash, keyed(secret, client_id, key)),
        };
        constant_time_eq(expected.as_bytes(), actual.as_bytes())
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash(..)")
    }
}

fn keyed(secret: &Secret, client_id: &str, key: &MacKey) -> String {
    let parts = [client_id.as_bytes(), secret.expose().as_bytes()];
    base64url::encode(key.sign(&parts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_secret_and_no_other() {
        let key = MacKey::new(&[1; 32]);
        let (right, wrong) = (Secret::new("right"), Secret::new("wrong"));
        for hash in [
            SecretHash::generated(&right),
            SecretHash::chosen(&right, "a", &key),
        ] {
            assert!(hash.verify(&right, "a", &key));
            assert!(!hash.verify(&wrong, "a", &key));
        }
        let hash = SecretHash::chosen(&right, "a", &key);
        assert!(!hash.verify(&right, "b", &key));
        assert!(!hash.verify(&right, "a", &MacKey::new(&[2; 32])));
    }
}
