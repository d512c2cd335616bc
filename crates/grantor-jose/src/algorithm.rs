use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest::{SHA256, SHA512, digest};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Error, base64url};

/// A signature algorithm of JWS (RFC 7518 section 3.1, RFC 8037 section 3.1).
///
/// Written and read as its registered name; `none` is not one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// `EdDSA` with the curve Ed25519: the fastest to sign.
    EdDsa,
    /// `ES256`: ECDSA with the curve P-256 and SHA-256.
    Es256,
    /// `RS256`: RSASSA-PKCS1-v1_5 with SHA-256, which every OpenID provider and client has.
    Rs256,
}

impl Algorithm {
    /// All that this crate can sign and verify with.
    pub const ALL: &[Self] = &[Self::EdDsa, Self::Es256, Self::Rs256];

    /// The registered name, as `alg` carries it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
        }
    }

    /// Whether signer and verifier hold the same secret, so that nothing can be published.
    #[must_use]
    pub const fn is_symmetric(self) -> bool {
        match self {
            Self::EdDsa | Self::Es256 | Self::Rs256 => false,
        }
    }

    /// The left half of the hash of `text`, in base64url: the value of `at_hash` for an access
    /// token and of `c_hash` for a code, in an ID Token that this algorithm signs (OpenID Connect
    /// Core section 3.3.2.11). The hash is that of the algorithm's name; EdDSA has SHA-512 inside.
    #[must_use]
    pub fn half_hash(self, text: &str) -> String {
        let hash = match self {
            Self::Es256 | Self::Rs256 => &SHA256,
            Self::EdDsa => &SHA512,
        };
        let hash = digest(hash, text.as_bytes());
        base64url::encode(&hash.as_ref()[..hash.as_ref().len() / 2])
    }

    /// How many bytes a signature has, where the algorithm alone decides that.
    pub(crate) const fn signature_length(self) -> Option<usize> {
        match self {
            Self::EdDsa | Self::Es256 => Some(64),
            Self::Rs256 => None,
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
        Self::ALL
            .iter()
            .copied()
            .find(|algorithm| algorithm.as_str() == name)
            .ok_or(Error::UnsupportedAlgorithm)
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
        for name in ["none", "None", "es256", "ES256 ", "", "HS256"] {
            assert_eq!(name.parse::<Algorithm>(), Err(Error::UnsupportedAlgorithm));
        }
    }
}
