//! The answer of an introspection endpoint (RFC 7662 section 2.2).

#[cfg(feature = "exchange")]
mod read;

use grantor_jose::ObjectWriter;
use serde_json::{Map, Value};

#[cfg(feature = "exchange")]
pub use self::read::InvalidIntrospection;
use crate::scope::Scope;

/// The answer of an introspection endpoint (RFC 7662 section 2.2).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Introspection {
    /// True if the token is good. If it is not, nothing else is said.
    pub active: bool,
    /// The scope of the token.
    pub scope: Option<Scope>,
    /// The client that the token was issued to.
    pub client_id: Option<String>,
    /// How it is used.
    pub token_type: Option<String>,
    /// When it ends, in seconds since 1970.
    pub exp: Option<i64>,
    /// When it was issued, in seconds since 1970.
    pub iat: Option<i64>,
    /// From when it is good, in seconds since 1970.
    pub nbf: Option<i64>,
    /// For whom the client acts.
    pub sub: Option<String>,
    /// Where it is good.
    pub aud: Vec<String>,
    /// The issuer of the token.
    pub iss: Option<String>,
    /// The token's identifier.
    pub jti: Option<String>,
    /// Further members.
    pub extra: Map<String, Value>,
}

impl Introspection {
    /// The answer for a token that is not good, whatever the reason: `{"active":false}` and nothing
    /// else (RFC 7662 section 2.2).
    #[must_use]
    pub fn inactive() -> Self {
        Self::default()
    }

    /// Returns it as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = ObjectWriter::with_capacity(TYPICAL_BYTES);
        json.flag("active", self.active);
        let texts = [
            ("scope", self.scope.as_ref().map(Scope::as_str)),
            ("client_id", self.client_id.as_deref()),
            ("token_type", self.token_type.as_deref()),
            ("sub", self.sub.as_deref()),
            ("iss", self.iss.as_deref()),
            ("jti", self.jti.as_deref()),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                json.text(name, text);
            }
        }
        for (name, time) in [("exp", self.exp), ("iat", self.iat), ("nbf", self.nbf)] {
            if let Some(time) = time {
                json.number(name, time);
            }
        }
        json.one_or_many("aud", &self.aud);
        for (name, value) in &self.extra {
            json.value(name, value);
        }
        json.finish()
    }
}

/// Room for most answers.
const TYPICAL_BYTES: usize = 384;

#[cfg(test)]
mod tests;
