//! Verifying a JWT under a policy (RFC 7519 section 7.2).

use super::{Claims, Policy};
use crate::jws::{Compact, Extensions};
use crate::{Algorithm, Error, KeySet, Timestamp};

/// A token that passed.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Verified {
    /// The claims of the token.
    pub claims: Claims,
    /// How it is signed.
    pub algorithm: Algorithm,
    /// The `kid` of its header.
    pub key_id: Option<String>,
}

/// Verifies signature and claims of a token at the time `now`.
///
/// Which algorithms and which kind of token pass is decided by `policy` alone.
///
/// # Errors
/// See [`Error`]. After [`Error::UnknownKey`] it is worth to fetch the key set anew, within a
/// limit of attempts; all others are final.
pub fn verify(
    token: &str,
    keys: &KeySet,
    policy: &Policy,
    now: Timestamp,
) -> Result<Verified, Error> {
    Compact::read(token, Extensions::None, |token| {
        policy.check_typ(token.typ())?;
        let claims = token.verify_then(keys, policy.algorithms(), Claims::parse)?;
        policy.check_claims(&claims, now)?;
        Ok(Verified {
            claims,
            algorithm: token.algorithm(),
            key_id: token.key_id().map(str::to_owned),
        })
    })
}
