//! Signature algorithms (RFC 7518 section 3, RFC 8037, RFC 9864).

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest::{self, SHA256, SHA384, SHA512, digest};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Error, base64url};

/// A signature algorithm of JWS (RFC 7518 section 3.1, RFC 8037 section 3.1, RFC 8812, RFC 9864).
///
/// Written and read as its registered name; `none` is not one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// `EdDSA` with the curve Ed25519: the fastest to sign.
    EdDsa,
    /// `Ed25519`: the same signatures as [`EdDsa`](Self::EdDsa) under the name that says which
    /// curve (RFC 9864). The two names don't stand for each other.
    Ed25519,
    /// `ES256`: ECDSA with the curve P-256 and SHA-256.
    Es256,
    /// `ES384`: ECDSA with the curve P-384 and SHA-384.
    Es384,
    /// `ES512`: ECDSA with the curve P-521 and SHA-512.
    Es512,
    /// `ES256K`: ECDSA with the curve secp256k1 and SHA-256.
    Es256k,
    /// `PS256`: RSASSA-PSS with SHA-256.
    Ps256,
    /// `PS384`: RSASSA-PSS with SHA-384.
    Ps384,
    /// `PS512`: RSASSA-PSS with SHA-512.
    Ps512,
    /// `RS256`: RSASSA-PKCS1-v1_5 with SHA-256, which every OpenID provider and client has.
    Rs256,
    /// `RS384`: RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// `RS512`: RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// `HS256`: HMAC with SHA-256, where both sides hold the same secret.
    Hs256,
    /// `HS384`: HMAC with SHA-384.
    Hs384,
    /// `HS512`: HMAC with SHA-512.
    Hs512,
}

impl Algorithm {
    /// All that this crate can sign and verify with.
    pub const ALL: &[Self] = &[
        Self::EdDsa,
        Self::Ed25519,
        Self::Es256,
        Self::Es384,
        Self::Es512,
        Self::Es256k,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Hs256,
        Self::Hs384,
        Self::Hs512,
    ];

    /// The registered name, as `alg` carries it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Ed25519 => "Ed25519",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::Es256k => "ES256K",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
        }
    }

    /// Returns whether signer and verifier hold the same secret, so that nothing can be published.
    #[must_use]
    pub const fn is_symmetric(self) -> bool {
        matches!(self, Self::Hs256 | Self::Hs384 | Self::Hs512)
    }

    pub(crate) const fn is_rsa(self) -> bool {
        matches!(
            self,
            Self::Ps256 | Self::Ps384 | Self::Ps512 | Self::Rs256 | Self::Rs384 | Self::Rs512
        )
    }

    /// The left half of the hash of `text`, in base64url: the value of `at_hash` for an access
    /// token and of `c_hash` for a code, in an ID Token that this algorithm signs (OpenID Connect
    /// Core section 3.3.2.11). The hash is that of the algorithm's name; EdDSA has SHA-512 inside.
    #[must_use]
    pub fn half_hash(self, text: &str) -> String {
        let hash = digest(self.hash(), text.as_bytes());
        base64url::encode(&hash.as_ref()[..hash.as_ref().len() / 2])
    }

    fn hash(self) -> &'static digest::Algorithm {
        match self {
            Self::Es256 | Self::Es256k | Self::Ps256 | Self::Rs256 | Self::Hs256 => &SHA256,
            Self::Es384 | Self::Ps384 | Self::Rs384 | Self::Hs384 => &SHA384,
            Self::Es512 | Self::Ps512 | Self::Rs512 | Self::Hs512 => &SHA512,
            Self::EdDsa | Self::Ed25519 => &SHA512,
        }
    }

    /// How many bytes a signature has, where the algorithm alone decides that.
    pub(crate) const fn signature_length(self) -> Option<usize> {
        match self {
            Self::EdDsa | Self::Ed25519 | Self::Es256 | Self::Es256k => Some(64),
            Self::Es384 => Some(96),
            Self::Es512 => Some(132),
            Self::Hs256 => Some(32),
            Self::Hs384 => Some(48),
            Self::Hs512 => Some(64),
            Self::Ps256 | Self::Ps384 | Self::Ps512 | Self::Rs256 | Self::Rs384 | Self::Rs512 => {
                None
            }
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Algorithm {
    type Err = Error;

    /// Names are case-sensitive (RFC 7515 section 4.1.1).
    fn from_str(name: &str) -> Result<Self, Error> {
        Ok(match name {
            "EdDSA" => Self::EdDsa,
            "Ed25519" => Self::Ed25519,
            "ES256" => Self::Es256,
            "ES384" => Self::Es384,
            "ES512" => Self::Es512,
            "ES256K" => Self::Es256k,
            "PS256" => Self::Ps256,
            "PS384" => Self::Ps384,
            "PS512" => Self::Ps512,
            "RS256" => Self::Rs256,
            "RS384" => Self::Rs384,
            "RS512" => Self::Rs512,
            "HS256" => Self::Hs256,
            "HS384" => Self::Hs384,
            "HS512" => Self::Hs512,
            "Ed448" => return Err(Error::UnsupportedCurve("Ed448")),
            _ => return Err(Error::UnsupportedAlgorithm),
        })
    }
}

impl Serialize for Algorithm {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Algorithm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        name.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for algorithm in Algorithm::ALL {
            let json = serde_json::to_string(algorithm).unwrap();
            assert_eq!(json, format!("\"{algorithm}\""));
            assert_eq!(
                serde_json::from_str::<Algorithm>(&json).unwrap(),
                *algorithm
            );
        }
    }

    #[test]
    fn rejects_none_and_other_cases() {
        for name in [
            "none", "None", "es256", "ES256 ", "", "HS1", "ed448", "ES521",
        ] {
            assert_eq!(name.parse::<Algorithm>(), Err(Error::UnsupportedAlgorithm));
        }
        let found = "Ed448".parse::<Algorithm>();
        assert_eq!(found, Err(Error::UnsupportedCurve("Ed448")));
    }
}
