//! A validated ID token.

use grantor_jose::jwt::Claims;
use grantor_jose::{Algorithm, Timestamp};
use serde_json::Value;

/// An ID token whose every rule was checked: who signed in, at which issuer, when and how (OpenID Connect
/// Core section 2).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct IdToken {
    /// All claims. `iss`, `sub`, `aud`, `exp` and `iat` are there.
    pub claims: Claims,
    /// The algorithm of its signature.
    pub algorithm: Algorithm,
}

impl IdToken {
    /// The user's identifier, unique at the issuer and never given to another user (`sub`). Store users
    /// under issuer and subject together, never under an address of e-mail.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.claims.subject.as_deref().unwrap_or_default()
    }

    /// The issuer (`iss`).
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.claims.issuer.as_deref().unwrap_or_default()
    }

    /// When the user proved who they are (`auth_time`), if the issuer says so.
    #[must_use]
    pub fn authenticated_at(&self) -> Option<Timestamp> {
        self.claims.time("auth_time").ok().flatten()
    }

    /// The class of the authentication (`acr`).
    #[must_use]
    pub fn acr(&self) -> Option<&str> {
        self.claims.text("acr").ok().flatten()
    }

    /// The session at the issuer (`sid`), which a logout token names (OpenID Connect Back-Channel Logout
    /// section 2.1).
    #[must_use]
    pub fn session_id(&self) -> Option<&str> {
        self.claims.text("sid").ok().flatten()
    }

    /// A claim that is a text, as `email` or `name`. A text that may come from the user: `email` is worth
    /// something only if `email_verified` is true.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.claims.other.get(name).and_then(Value::as_str)
    }
}
