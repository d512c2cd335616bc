//! Authentication by a JWT (RFC 7521 section 4.2, RFC 7523 section 2.2): what it says of itself
//! before anybody has verified it.

use grantor_jose::base64url;
use serde_json::Value;

use crate::secret::Secret;

/// `client_assertion_type` of a JWT.
pub(super) const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The client that an assertion speaks of. Nothing of it is proved.
pub(super) fn subject(assertion: &Secret) -> Option<String> {
    let payload = assertion.expose().split('.').nth(1)?;
    string_member(payload, "sub")
}

/// Returns whether the assertion says that it is under a secret which both sides have.
pub(super) fn is_symmetric(assertion: &Secret) -> bool {
    let header = assertion.expose().split('.').next().unwrap_or_default();
    string_member(header, "alg").is_some_and(|algorithm| algorithm.starts_with("HS"))
}

fn string_member(part: &str, name: &str) -> Option<String> {
    let json = base64url::decode(part).ok()?;
    let value: Value = serde_json::from_slice(&json).ok()?;
    Some(value.get(name)?.as_str()?.to_owned())
}
