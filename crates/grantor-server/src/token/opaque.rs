//! Opaque texts: access tokens, codes and cookies.

use grantor_core::{Environment, Secret, Timestamp};
use grantor_jose::base64url;
use grantor_jose::digest::{constant_time_eq, sha256};

use crate::identifier::Identifier;

/// The kind of an opaque text. Its first letters say it, so that a leaked one is recognized.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OpaqueKind {
    AccessToken,
    Code,
    DeviceCode,
    /// In a `request_uri`, whose prefix is that of RFC 9126 section 2.2.
    PushedRequest,
    /// Of a site, with a prefix of its own.
    Site(&'static str),
}

impl OpaqueKind {
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Self::AccessToken => "ga_",
            Self::Code => "gc_",
            Self::DeviceCode => "gd_",
            Self::PushedRequest => "urn:ietf:params:oauth:request_uri:",
            Self::Site(prefix) => prefix,
        }
    }
}

/// An access token, a code or a cookie of a site: an identifier to find the record by, and a secret whose
/// SHA-256 the record holds.
pub(crate) struct OpaqueToken {
    pub(crate) id: Identifier,
    secret: [u8; 32],
}

impl OpaqueToken {
    pub(crate) fn mint(environment: &Environment) -> Self {
        Self::mint_with_digest(environment, environment.now()).0
    }

    /// A new one, and its [`digest`](Self::digest).
    pub(crate) fn mint_with_digest(environment: &Environment, now: Timestamp) -> (Self, [u8; 32]) {
        // Drawing is a system call, and more than 32 bytes cost the kernel a second block. So the
        // identifier takes its unique part from the digest, which is no secret.
        let secret: [u8; 32] = environment.random_bytes();
        let digest = sha256(&secret);
        let mut unique = [0; 10];
        unique.copy_from_slice(&digest[..10]);
        let id = Identifier::at(now, unique);
        (Self { id, secret }, digest)
    }

    /// A text whose secret is not drawn but computed.
    pub(crate) fn new(id: Identifier, secret: [u8; 32]) -> Self {
        Self { id, secret }
    }

    pub(crate) fn parse(kind: OpaqueKind, text: &str) -> Option<Self> {
        let bytes: [u8; 48] = base64url::decode_array(text.strip_prefix(kind.prefix())?).ok()?;
        let (mut id, mut secret) = ([0; 16], [0; 32]);
        id.copy_from_slice(&bytes[..16]);
        secret.copy_from_slice(&bytes[16..]);
        Some(Self {
            id: Identifier::from_bytes(id),
            secret,
        })
    }

    pub(crate) fn to_text(&self, kind: OpaqueKind) -> Secret {
        let mut bytes = [0; 48];
        bytes[..16].copy_from_slice(self.id.as_bytes());
        bytes[16..].copy_from_slice(&self.secret);
        let mut text = String::with_capacity(kind.prefix().len() + 64);
        text.push_str(kind.prefix());
        base64url::encode_into(bytes, &mut text);
        Secret::new(text)
    }

    /// The hash of the secret, as a record in fields holds it.
    pub(crate) fn digest(&self) -> [u8; 32] {
        sha256(&self.secret)
    }

    /// The hash of the secret, as a record in JSON holds it.
    pub(crate) fn hash(&self) -> String {
        base64url::encode(self.digest())
    }

    /// Returns whether a record in JSON is this token's.
    pub(crate) fn matches(&self, hash: &str) -> bool {
        constant_time_eq(self.hash().as_bytes(), hash.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survives_the_wire_and_keeps_kinds_apart() {
        let opaque = OpaqueToken {
            id: Identifier::at(Timestamp::from_secs(1_760_000_000), [1; 10]),
            secret: [2; 32],
        };
        let text = opaque.to_text(OpaqueKind::Code);
        let read = OpaqueToken::parse(OpaqueKind::Code, text.expose()).unwrap();
        assert_eq!(read.id, opaque.id);
        assert!(read.matches(&opaque.hash()) && read.digest() == opaque.digest());
        let other = OpaqueToken::new(opaque.id, [3; 32]);
        assert!(!other.matches(&opaque.hash()) && other.digest() != opaque.digest());
        assert!(OpaqueToken::parse(OpaqueKind::AccessToken, text.expose()).is_none());
        for bad in ["", "gc_", "gc_AAAA", "gc_*", "é"] {
            assert!(OpaqueToken::parse(OpaqueKind::Code, bad).is_none());
        }
    }
}
