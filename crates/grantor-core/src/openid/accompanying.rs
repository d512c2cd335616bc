//! The values that came with an ID token, which its hashes bind to it.

use super::InvalidIdToken;
use grantor_jose::digest::constant_time_eq;
use grantor_jose::{Algorithm, jwt::Claims};

/// The endpoint that issued an ID token: the hashes that must be there depend on it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum IssuedBy {
    /// The token endpoint, which only the client talks to (OpenID Connect Core section 3.1.3.7).
    #[default]
    TokenEndpoint,
    /// The authorization endpoint, whose answer a browser carries (sections 3.2.2.11 and 3.3.2.12).
    AuthorizationEndpoint,
}

/// The values that came with an ID token: `c_hash`, `at_hash` and `s_hash` are compared with them.
#[derive(Clone, Copy, Default)]
pub struct Accompanying<'a> {
    /// The endpoint that issued the ID token.
    pub issued_by: IssuedBy,
    /// The access token of the same answer.
    pub access_token: Option<&'a str>,
    /// The authorization code of the same answer.
    pub code: Option<&'a str>,
    /// The `state` of the same answer.
    pub state: Option<&'a str>,
}

impl Accompanying<'_> {
    /// Compares each hash with its value. An ID token that a browser carried must have `at_hash` beside
    /// an access token and `c_hash` beside a code.
    pub(super) fn check(
        &self,
        claims: &Claims,
        algorithm: Algorithm,
    ) -> Result<(), InvalidIdToken> {
        let by_browser = self.issued_by == IssuedBy::AuthorizationEndpoint;
        for (name, value, required) in [
            ("at_hash", self.access_token, by_browser),
            ("c_hash", self.code, by_browser),
            ("s_hash", self.state, false),
        ] {
            let found = claims.text(name)?;
            let (Some(value), Some(found)) = (value, found) else {
                if required && value.is_some() {
                    return Err(InvalidIdToken::MissingHash(name));
                }
                continue;
            };
            let computed = algorithm.half_hash(value);
            if !constant_time_eq(found.as_bytes(), computed.as_bytes()) {
                return Err(InvalidIdToken::WrongHash(name));
            }
        }
        Ok(())
    }
}

impl std::fmt::Debug for Accompanying<'_> {
    /// Leaves out the values, which are secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Accompanying")
            .field("issued_by", &self.issued_by)
            .finish_non_exhaustive()
    }
}
