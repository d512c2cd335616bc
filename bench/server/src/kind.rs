//! The choice of the tokens and of their store.

use std::str::FromStr;

use harness::Error;

/// The kind of tokens, and the store that they are kept in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a group names them all")]
pub enum Kind {
    /// Opaque tokens in memory.
    OpaqueMemory,
    /// Opaque tokens in SQLite, durable before they are handed out.
    OpaqueSqlite,
    /// JWTs signed with Ed25519.
    JwtEdDsa,
    /// JWTs signed with ECDSA on P-256.
    JwtEs256,
    /// JWTs signed with RSA, PKCS #1 v1.5.
    JwtRs256,
}

impl FromStr for Kind {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        match name {
            "opaque_memory" => Ok(Self::OpaqueMemory),
            "opaque_sqlite" => Ok(Self::OpaqueSqlite),
            "jwt_eddsa" => Ok(Self::JwtEdDsa),
            "jwt_es256" => Ok(Self::JwtEs256),
            "jwt_rs256" => Ok(Self::JwtRs256),
            _ => Err(format!("there is no server {name}").into()),
        }
    }
}
