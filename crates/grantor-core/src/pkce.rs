//! Proof Key for Code Exchange (RFC 7636).

use std::fmt;

use grantor_jose::base64url;
use grantor_jose::digest::{constant_time_eq, sha256};
use serde::{Deserialize, Serialize};

use crate::secret::Secret;

/// The secret that a client keeps between the authorization request and the token request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeVerifier(Secret);

/// The challenge that a client sends instead of its verifier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeChallenge {
    /// How it was made.
    pub method: ChallengeMethod,
    /// The challenge.
    pub value: String,
}

/// How a challenge is made of a verifier (RFC 7636 section 4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ChallengeMethod {
    /// SHA-256, then base64url.
    S256,
    /// The verifier itself: only for servers that speak nothing better.
    #[serde(rename = "plain")]
    Plain,
}

/// The reason why PKCE parameters can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidPkce {
    /// Not 43 to 128 unreserved characters.
    Verifier,
    /// Not what a verifier can give with this method.
    Challenge,
    /// Neither `S256` nor `plain`.
    Method,
}

impl fmt::Display for InvalidPkce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Verifier => "\"code_verifier\" is not 43 to 128 unreserved characters",
            Self::Challenge => "\"code_challenge\" is malformed",
            Self::Method => "\"code_challenge_method\" is not known",
        })
    }
}

impl std::error::Error for InvalidPkce {}

impl CodeVerifier {
    /// A verifier of 32 random bytes, as RFC 7636 section 4.1 recommends.
    #[must_use]
    pub fn from_random(bytes: [u8; 32]) -> Self {
        Self(Secret::new(base64url::encode(bytes)))
    }

    /// Takes a verifier.
    ///
    /// # Errors
    /// Not 43 to 128 characters of `A-Z a-z 0-9 - . _ ~` (RFC 7636 section 4.1).
    pub fn parse(text: &str) -> Result<Self, InvalidPkce> {
        if is_verifier(text) {
            Ok(Self(Secret::new(text)))
        } else {
            Err(InvalidPkce::Verifier)
        }
    }

    /// The challenge to publish, by S256.
    #[must_use]
    pub fn challenge(&self) -> CodeChallenge {
        CodeChallenge {
            method: ChallengeMethod::S256,
            value: base64url::encode(sha256(self.expose().as_bytes())),
        }
    }

    /// The verifier itself, to be sent to the token endpoint.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl CodeChallenge {
    /// Reads `code_challenge` and `code_challenge_method`; without a method it is `plain`
    /// (RFC 7636 section 4.3).
    ///
    /// # Errors
    /// A method that is not known, or a challenge that no verifier can give.
    pub fn parse(value: &str, method: Option<&str>) -> Result<Self, InvalidPkce> {
        let method = match method {
            Some("S256") => ChallengeMethod::S256,
            Some("plain") | None => ChallengeMethod::Plain,
            Some(_) => return Err(InvalidPkce::Method),
        };
        let well_formed = match method {
            ChallengeMethod::S256 => base64url::decode_array::<32>(value).is_ok(),
            ChallengeMethod::Plain => is_verifier(value),
        };
        if !well_formed {
            return Err(InvalidPkce::Challenge);
        }
        Ok(Self {
            method,
            value: value.to_owned(),
        })
    }

    /// Returns whether `verifier` is the one that this challenge was made of (RFC 7636 section
    /// 4.6).
    #[must_use]
    pub fn verify(&self, verifier: &CodeVerifier) -> bool {
        match self.method {
            ChallengeMethod::S256 => {
                let expected = verifier.challenge().value;
                constant_time_eq(expected.as_bytes(), self.value.as_bytes())
            }
            ChallengeMethod::Plain => {
                constant_time_eq(verifier.expose().as_bytes(), self.value.as_bytes())
            }
        }
    }
}

impl ChallengeMethod {
    /// Its name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::S256 => "S256",
            Self::Plain => "plain",
        }
    }
}

fn is_verifier(text: &str) -> bool {
    let unreserved = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
    (43..=128).contains(&text.len()) && text.bytes().all(unreserved)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_random_verifier_proves_its_challenge() {
        let verifier = CodeVerifier::from_random([7; 32]);
        let other = CodeVerifier::from_random([8; 32]);
        assert!(verifier.challenge().verify(&verifier));
        assert!(!verifier.challenge().verify(&other));
    }
}
