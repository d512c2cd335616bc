//! The texts of refresh tokens.

use grantor_core::{Secret, Timestamp};
use grantor_jose::base64url;
use grantor_jose::check::holds;
use grantor_jose::digest::MacKey;

use crate::identifier::Identifier;

const PREFIX: &str = "gr_";
const PURPOSE: &[u8] = b"grantor/rt/1";

/// The claims of a refresh token: its grant, and which of its generations it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RefreshClaims {
    pub(crate) grant: Identifier,
    pub(crate) generation: u32,
    pub(crate) nonce: [u8; 16],
    pub(crate) issued_at: Timestamp,
    pub(crate) key: u16,
}

/// A refresh token as it was presented: its claims count only once the MAC is verified.
pub(crate) struct RefreshTokenText {
    pub(crate) claims: RefreshClaims,
    mac: [u8; 32],
}

impl RefreshClaims {
    /// The token. The same claims give the same token, so that a retry gets the very token whose
    /// answer was lost.
    pub(crate) fn sign(&self, key: &MacKey, salt: &[u8], issuer: &str) -> Secret {
        let mut bytes = self.to_bytes().to_vec();
        bytes.extend_from_slice(&self.mac(key, salt, issuer));
        Secret::new(format!("{PREFIX}{}", base64url::encode(bytes)))
    }

    fn mac(&self, key: &MacKey, salt: &[u8], issuer: &str) -> [u8; 32] {
        key.sign(&[PURPOSE, salt, issuer.as_bytes(), &self.to_bytes()])
    }

    fn to_bytes(self) -> [u8; 46] {
        let mut bytes = [0; 46];
        bytes[..16].copy_from_slice(self.grant.as_bytes());
        bytes[16..20].copy_from_slice(&self.generation.to_be_bytes());
        bytes[20..36].copy_from_slice(&self.nonce);
        bytes[36..44].copy_from_slice(&self.issued_at.as_millis().to_be_bytes());
        bytes[44..46].copy_from_slice(&self.key.to_be_bytes());
        bytes
    }
}

impl RefreshTokenText {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 78] = base64url::decode_array(text.strip_prefix(PREFIX)?).ok()?;
        let claims = RefreshClaims {
            grant: Identifier::from_bytes(part(&bytes, 0)),
            generation: u32::from_be_bytes(part(&bytes, 16)),
            nonce: part(&bytes, 20),
            issued_at: Timestamp::from_millis(i64::from_be_bytes(part(&bytes, 36))),
            key: u16::from_be_bytes(part(&bytes, 44)),
        };
        Some(Self {
            claims,
            mac: part(&bytes, 46),
        })
    }

    /// The claims, if the token was minted by this issuer for this grant.
    pub(crate) fn verify(&self, key: &MacKey, salt: &[u8], issuer: &str) -> Option<RefreshClaims> {
        let parts: [&[u8]; 4] = [PURPOSE, salt, issuer.as_bytes(), &self.claims.to_bytes()];
        holds("refresh.mac", key.verify(&parts, &self.mac)).then_some(self.claims)
    }
}

/// `N` bytes at an offset that lies within by construction.
fn part<const N: usize>(bytes: &[u8; 78], at: usize) -> [u8; N] {
    let mut part = [0; N];
    part.copy_from_slice(&bytes[at..at + N]);
    part
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims() -> RefreshClaims {
        RefreshClaims {
            grant: Identifier::at(Timestamp::from_secs(1), [1; 10]),
            generation: 7,
            nonce: [3; 16],
            issued_at: Timestamp::from_secs(1_760_000_000),
            key: 2,
        }
    }

    #[test]
    fn survives_the_wire() {
        let key = MacKey::new(&[9; 32]);
        let token = claims().sign(&key, b"salt", "https://a.example");
        let read = RefreshTokenText::parse(token.expose()).unwrap();
        let verified = read.verify(&key, b"salt", "https://a.example");
        assert_eq!(verified, Some(claims()));
    }

    #[test]
    fn needs_the_key_the_salt_and_the_issuer() {
        let key = MacKey::new(&[9; 32]);
        let token = claims().sign(&key, b"salt", "https://a.example");
        let read = RefreshTokenText::parse(token.expose()).unwrap();
        let other = MacKey::new(&[8; 32]);
        assert!(read.verify(&other, b"salt", "https://a.example").is_none());
        assert!(read.verify(&key, b"salz", "https://a.example").is_none());
        assert!(read.verify(&key, b"salt", "https://b.example").is_none());
    }

    #[test]
    fn any_changed_byte_is_noticed() {
        let key = MacKey::new(&[9; 32]);
        let token = claims().sign(&key, b"s", "i");
        let bytes = base64url::decode(token.expose().strip_prefix(PREFIX).unwrap()).unwrap();
        for i in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[i] ^= 1;
            let text = format!("{PREFIX}{}", base64url::encode(changed));
            let read = RefreshTokenText::parse(&text).unwrap();
            assert!(read.verify(&key, b"s", "i").is_none(), "byte {i}");
        }
    }
}
