//! The choice of a bare handler.

use std::str::FromStr;

use harness::Error;

/// The choice of a bare handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a group names them all")]
pub enum Kind {
    /// Answers with constant JSON.
    Constant,
    /// Answers with constant JSON to a question about a token.
    Introspection,
    /// Signs a constant payload with Ed25519.
    EdDsa,
    /// Signs a constant payload with ECDSA on P-256.
    Es256,
    /// Signs a constant payload with RSA, PKCS #1 v1.5, by a key of 2048 bits.
    Rs256,
    /// Verifies one constant signature by ECDSA on P-256, and answers with constant JSON.
    Verification,
}

impl FromStr for Kind {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        match name {
            "bare_axum" => Ok(Self::Constant),
            "bare_introspection" => Ok(Self::Introspection),
            "bare_eddsa" => Ok(Self::EdDsa),
            "bare_es256" => Ok(Self::Es256),
            "bare_rs256" => Ok(Self::Rs256),
            "bare_verification" => Ok(Self::Verification),
            _ => Err(format!("there is no bare handler {name}").into()),
        }
    }
}
