//! The algorithms for keys and for contents (RFC 7518 sections 4 and 5).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::Error;

/// How the recipient of a JWE gets at the key of its content: `alg` (RFC 7518 section 4.1,
/// RFC 8037 section 3.2).
///
/// `RSA1_5` is not among them: its padding has betrayed plain texts too often (RFC 8725 section
/// 3.2). Neither is the curve X448, which the cryptography library does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum KeyManagement {
    /// `RSA-OAEP`, with SHA-1.
    RsaOaep,
    /// `RSA-OAEP-256`, with SHA-256.
    RsaOaep256,
    /// `ECDH-ES`: the agreed key is the key of the content.
    EcdhEs,
    /// `ECDH-ES+A128KW`: the agreed key wraps the key of the content.
    EcdhEsA128Kw,
    /// `ECDH-ES+A192KW`.
    EcdhEsA192Kw,
    /// `ECDH-ES+A256KW`.
    EcdhEsA256Kw,
    /// `A128KW`: AES Key Wrap (RFC 3394).
    A128Kw,
    /// `A192KW`.
    A192Kw,
    /// `A256KW`.
    A256Kw,
    /// `A128GCMKW`: AES-GCM over the key of the content.
    A128GcmKw,
    /// `A192GCMKW`.
    A192GcmKw,
    /// `A256GCMKW`.
    A256GcmKw,
    /// `dir`: the shared key is the key of the content.
    Dir,
    /// `PBES2-HS256+A128KW`: a password.
    Pbes2Hs256A128Kw,
    /// `PBES2-HS384+A192KW`.
    Pbes2Hs384A192Kw,
    /// `PBES2-HS512+A256KW`.
    Pbes2Hs512A256Kw,
}

impl KeyManagement {
    /// All that this crate can encrypt and decrypt with.
    pub const ALL: &[Self] = &[
        Self::RsaOaep,
        Self::RsaOaep256,
        Self::EcdhEs,
        Self::EcdhEsA128Kw,
        Self::EcdhEsA192Kw,
        Self::EcdhEsA256Kw,
        Self::A128Kw,
        Self::A192Kw,
        Self::A256Kw,
        Self::A128GcmKw,
        Self::A192GcmKw,
        Self::A256GcmKw,
        Self::Dir,
        Self::Pbes2Hs256A128Kw,
        Self::Pbes2Hs384A192Kw,
        Self::Pbes2Hs512A256Kw,
    ];

    /// The registered name, as `alg` carries it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RsaOaep => "RSA-OAEP",
            Self::RsaOaep256 => "RSA-OAEP-256",
            Self::EcdhEs => "ECDH-ES",
            Self::EcdhEsA128Kw => "ECDH-ES+A128KW",
            Self::EcdhEsA192Kw => "ECDH-ES+A192KW",
            Self::EcdhEsA256Kw => "ECDH-ES+A256KW",
            Self::A128Kw => "A128KW",
            Self::A192Kw => "A192KW",
            Self::A256Kw => "A256KW",
            Self::A128GcmKw => "A128GCMKW",
            Self::A192GcmKw => "A192GCMKW",
            Self::A256GcmKw => "A256GCMKW",
            Self::Dir => "dir",
            Self::Pbes2Hs256A128Kw => "PBES2-HS256+A128KW",
            Self::Pbes2Hs384A192Kw => "PBES2-HS384+A192KW",
            Self::Pbes2Hs512A256Kw => "PBES2-HS512+A256KW",
        }
    }

    /// Returns whether both sides hold the same secret, so that nothing can be published.
    #[must_use]
    pub const fn is_symmetric(self) -> bool {
        !self.is_rsa() && !self.is_agreement()
    }

    pub(crate) const fn is_rsa(self) -> bool {
        matches!(self, Self::RsaOaep | Self::RsaOaep256)
    }

    pub(crate) const fn is_agreement(self) -> bool {
        matches!(
            self,
            Self::EcdhEs | Self::EcdhEsA128Kw | Self::EcdhEsA192Kw | Self::EcdhEsA256Kw
        )
    }
}

/// How the content of a JWE is encrypted and protected: `enc` (RFC 7518 section 5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ContentEncryption {
    /// `A128GCM`.
    A128Gcm,
    /// `A192GCM`.
    A192Gcm,
    /// `A256GCM`.
    A256Gcm,
    /// `A128CBC-HS256`: AES-CBC, then HMAC.
    A128CbcHs256,
    /// `A192CBC-HS384`.
    A192CbcHs384,
    /// `A256CBC-HS512`.
    A256CbcHs512,
}

impl ContentEncryption {
    /// All that this crate can encrypt and decrypt with.
    pub const ALL: &[Self] = &[
        Self::A128Gcm,
        Self::A192Gcm,
        Self::A256Gcm,
        Self::A128CbcHs256,
        Self::A192CbcHs384,
        Self::A256CbcHs512,
    ];

    /// The registered name, as `enc` carries it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::A128Gcm => "A128GCM",
            Self::A192Gcm => "A192GCM",
            Self::A256Gcm => "A256GCM",
            Self::A128CbcHs256 => "A128CBC-HS256",
            Self::A192CbcHs384 => "A192CBC-HS384",
            Self::A256CbcHs512 => "A256CBC-HS512",
        }
    }

    /// How many bytes the key of the content has.
    #[must_use]
    pub const fn key_length(self) -> usize {
        match self {
            Self::A128Gcm => 16,
            Self::A192Gcm => 24,
            Self::A256Gcm | Self::A128CbcHs256 => 32,
            Self::A192CbcHs384 => 48,
            Self::A256CbcHs512 => 64,
        }
    }
}

macro_rules! named {
    ($type:ty) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $type {
            type Err = Error;

            /// Names are case-sensitive (RFC 7516 sections 4.1.1 and 4.1.2).
            fn from_str(name: &str) -> Result<Self, Error> {
                Self::ALL
                    .iter()
                    .copied()
                    .find(|one| one.as_str() == name)
                    .ok_or(Error::UnsupportedAlgorithm)
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let name = String::deserialize(deserializer)?;
                name.parse().map_err(de::Error::custom)
            }
        }
    };
}

named!(KeyManagement);
named!(ContentEncryption);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for one in KeyManagement::ALL {
            assert_eq!(one.as_str().parse(), Ok(*one));
        }
        for one in ContentEncryption::ALL {
            assert_eq!(one.as_str().parse(), Ok(*one));
        }
    }

    #[test]
    fn rsa1_5_and_other_cases_are_unknown() {
        for name in ["RSA1_5", "rsa-oaep", "DIR", "none", "", "ECDH-1PU"] {
            let found = name.parse::<KeyManagement>();
            assert_eq!(found, Err(Error::UnsupportedAlgorithm), "{name}");
        }
    }
}
