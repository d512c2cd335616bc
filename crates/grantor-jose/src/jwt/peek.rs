//! Reading a token of which nothing is verified.

use super::Claims;
use crate::Error;
use crate::jws::{Compact, Extensions};

/// The `iss` that a token claims, of which nothing is verified: only to find the keys and the
/// policy that it is to be verified with, such as those of the client in a client assertion.
///
/// # Errors
/// Fails if the shape of the token is wrong, or with [`Error::MissingClaim`].
pub fn claimed_issuer(token: &str) -> Result<String, Error> {
    Compact::read(token, Extensions::None, |token| {
        let claims = token.unverified_payload(Claims::parse)?;
        claims.issuer.ok_or(Error::MissingClaim("iss"))
    })
}

/// All claims of a token, of which nothing is verified: only for a token that was verified before, or
/// that came over TLS from its issuer itself (OpenID Connect Core section 3.1.3.7 step 6).
///
/// # Errors
/// Fails if the shape of the token is wrong.
pub fn unverified_claims(token: &str) -> Result<Claims, Error> {
    Compact::read(token, Extensions::None, |token| {
        token.unverified_payload(Claims::parse)
    })
}
