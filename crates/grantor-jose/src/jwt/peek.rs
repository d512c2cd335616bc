use super::Claims;
use crate::jws::Compact;
use crate::{Error, Part, base64url};

/// The `iss` that a token claims, of which nothing is verified: only to find the keys and the
/// policy that it is to be verified with, such as those of the client in a client assertion.
///
/// # Errors
/// What is wrong with the shape of the token; [`Error::MissingClaim`].
pub fn claimed_issuer(token: &str) -> Result<String, Error> {
    let payload = base64url::decode(Compact::parse(token)?.payload());
    let claims = Claims::parse(&payload.map_err(|_| Error::Encoding(Part::Payload))?)?;
    claims.issuer.ok_or(Error::MissingClaim("iss"))
}
