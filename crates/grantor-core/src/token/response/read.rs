//! Reading the answer of a token endpoint.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{REFRESH_LIFETIMES, TokenResponse};
use crate::scope::Scope;
use crate::secret::Secret;
use crate::token::lifetime;

impl TokenResponse {
    /// Reads the members of an answer. Lenient where servers are known to differ: a lifetime may be
    /// a string, a fraction, or null; the scope an array or null; `token_type` may be missing.
    ///
    /// A lifetime or a scope that can't be read is as one that is missing: the answer may hold the only
    /// refresh token that is still good, and is not given up for what a token can do without.
    ///
    /// # Errors
    /// Fails with the fault of the answer, without a value of it.
    pub fn from_json(mut json: Map<String, Value>) -> Result<Self, &'static str> {
        let mut text = |name: &str| match json.remove(name) {
            Some(Value::String(text)) if !text.is_empty() => Some(text),
            _ => None,
        };
        let access_token = text("access_token").ok_or("its body has no \"access_token\"")?;
        let token_type = text("token_type").unwrap_or_else(|| "Bearer".to_owned());
        let refresh_token = text("refresh_token").map(Secret::new);
        let id_token = text("id_token").map(Secret::new);
        let scope = json.remove("scope").and_then(|value| scope(&value));
        let expires_in = json.remove("expires_in");
        let expires_in = expires_in.and_then(|value| lifetime(&value).flatten());
        let refresh_token_expires_in = REFRESH_LIFETIMES
            .iter()
            .filter_map(|name| json.remove(*name))
            .find_map(|value| lifetime(&value).flatten())
            .filter(|lifetime| !lifetime.is_zero());
        Ok(Self {
            access_token: Secret::new(access_token),
            token_type,
            expires_in,
            refresh_token,
            refresh_token_expires_in,
            scope,
            id_token,
            extra: json,
        })
    }
}

/// A string, or an array of strings.
fn scope(value: &Value) -> Option<Scope> {
    let text = match value {
        Value::String(text) => Cow::Borrowed(text.as_str()),
        Value::Array(values) => {
            let texts: Option<Vec<&str>> = values.iter().map(Value::as_str).collect();
            Cow::Owned(texts?.join(" "))
        }
        _ => return None,
    };
    Scope::parse(&text).ok().filter(|scope| !scope.is_empty())
}
