//! Stored secrets of clients.

use std::fmt;

use grantor_core::{Environment, Secret, Timestamp};
use grantor_jose::base64url;
use grantor_jose::digest::{MacKey, constant_time_eq, sha256};
use grantor_jose::seal::{Context, SealingKey};
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

/// The stored form of a client secret: a hash, or the secret itself, sealed, where a client signs with
/// it.
///
/// A generated one has 256 random bits, so SHA-256 is enough. One that somebody chose may be
/// guessable: it is hashed with a key of the server, which is sealed under the master key, so that a
/// stolen database can't be searched. Neither costs the token endpoint what a password hash would.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SecretHash {
    Generated(String),
    Chosen(String),
    /// Sealed under a key of the server. The version is that of the sealing.
    Sealed {
        version: [u8; 16],
        secret: String,
    },
}

impl SecretHash {
    pub(crate) fn generated(secret: &Secret) -> Self {
        Self::Generated(base64url::encode(sha256(secret.expose().as_bytes())))
    }

    pub(crate) fn chosen(secret: &Secret, client_id: &str, key: &MacKey) -> Self {
        Self::Chosen(keyed(secret, client_id, key))
    }

    /// Returns whether somebody chose the secret, who may have chosen one that can be guessed.
    pub(crate) fn is_chosen(&self) -> bool {
        !matches!(self, Self::Generated(_))
    }

    /// None if the secret is longer than a cipher takes.
    pub(crate) fn sealed(
        secret: &Secret,
        client_id: &str,
        key: &MacKey,
        environment: &Environment,
    ) -> Option<Self> {
        let version = environment.random_bytes();
        let text = secret.expose().as_bytes();
        let sealed = sealing_key(key).seal(&context(client_id, &version), text);
        Some(Self::Sealed {
            version,
            secret: base64url::encode(sealed.ok()?),
        })
    }

    /// The secret itself, if it was sealed.
    pub(crate) fn open(&self, client_id: &str, key: &MacKey) -> Option<Secret> {
        let Self::Sealed { version, secret } = self else {
            return None;
        };
        let sealed = base64url::decode(secret).ok()?;
        let opened = sealing_key(key).open(&context(client_id, version), &sealed);
        Some(Secret::new(std::str::from_utf8(&opened.ok()?).ok()?))
    }

    pub(crate) fn verify(&self, secret: &Secret, client_id: &str, key: &MacKey) -> bool {
        let (expected, actual) = match self {
            Self::Generated(hash) => (hash, base64url::encode(sha256(secret.expose().as_bytes()))),
            Self::Chosen(hash) => (hash, keyed(secret, client_id, key)),
            // Its client signs with it, and never sends it.
            Self::Sealed { .. } => return false,
        };
        constant_time_eq(expected.as_bytes(), actual.as_bytes())
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash(..)")
    }
}

fn sealing_key(key: &MacKey) -> SealingKey {
    SealingKey::new(&key.sign(&[b"grantor/client-secrets/1"]))
}

fn context<'a>(client_id: &'a str, version: &'a [u8; 16]) -> Context<'a> {
    Context {
        kind: b"client secret",
        key: client_id.as_bytes(),
        version,
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

    #[test]
    fn a_sealed_secret_opens_for_its_client_alone_and_is_never_compared() {
        let environment = grantor_http::system();
        let (key, secret) = (MacKey::new(&[1; 32]), Secret::new("a secret to sign with"));
        let sealed = SecretHash::sealed(&secret, "a", &key, &environment).unwrap();
        assert_eq!(sealed.open("a", &key), Some(secret.clone()));
        assert_eq!(sealed.open("b", &key), None);
        assert_eq!(sealed.open("a", &MacKey::new(&[2; 32])), None);
        assert!(!sealed.verify(&secret, "a", &key));
        let stored = serde_json::to_string(&sealed).unwrap();
        assert!(!stored.contains("sign with"), "{stored}");
    }
}
