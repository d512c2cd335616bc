//! Tokens as programs keep them.

mod ends;
mod read;
pub(crate) mod rfc3339;

use grantor_core::{Scope, Secret, Timestamp, TokenResponse};
use serde_json::Value;

use crate::error::Error;

/// Tokens as they are handed in and read out: what a program keeps when it keeps tokens itself.
///
/// ```
/// use grantor_client::TokenSet;
///
/// // As Authlib, requests-oauthlib and others keep it in a database:
/// let kept = r#"{"access_token": "at", "refresh_token": "rt", "expires_at": 1767225600}"#;
/// let tokens = TokenSet::from_json(kept)?;
/// assert_eq!(tokens.refresh_token.as_ref().map(|token| token.expose()), Some("rt"));
/// # Ok::<(), grantor_client::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenSet {
    /// The access token.
    pub access_token: Secret,
    /// How it is used, `Bearer` mostly.
    pub token_type: String,
    /// Its scope, if known.
    pub scope: Option<Scope>,
    /// When it ends; unknown, if absent.
    pub expires_at: Option<Timestamp>,
    /// The refresh token that renews it.
    pub refresh_token: Option<Secret>,
    /// When the refresh token ends; unknown, if absent.
    pub refresh_expires_at: Option<Timestamp>,
}

impl TokenSet {
    /// An access token of which nothing more is known.
    pub fn new(access_token: impl Into<Secret>) -> Self {
        Self {
            access_token: access_token.into(),
            token_type: "Bearer".to_owned(),
            scope: None,
            expires_at: None,
            refresh_token: None,
            refresh_expires_at: None,
        }
    }

    /// With the time when the access token ends.
    #[must_use]
    pub fn expires_at(mut self, expires_at: Timestamp) -> Self {
        self.expires_at = Some(expires_at);
        self
    }

    /// With what renews it.
    #[must_use]
    pub fn refresh_token(mut self, refresh_token: impl Into<Secret>) -> Self {
        self.refresh_token = Some(refresh_token.into());
        self
    }

    /// The tokens in the answer of a token endpoint to a request that was sent at `sent_at`.
    #[must_use]
    pub fn from_response(answer: &TokenResponse, sent_at: Timestamp) -> Self {
        Self {
            access_token: answer.access_token.clone(),
            token_type: answer.token_type.clone(),
            scope: answer.scope.clone(),
            expires_at: answer.expires_in.map(|lifetime| sent_at + lifetime),
            refresh_token: answer.refresh_token.clone(),
            refresh_expires_at: answer
                .refresh_token_expires_in
                .map(|lifetime| sent_at + lifetime),
        }
    }

    /// Reads the JSON that other OAuth libraries keep: the members of a token response, and when the
    /// access token ends.
    ///
    /// | member | form | written by |
    /// |---|---|---|
    /// | `expires_at` | seconds since 1970, or a date (RFC 3339) | this crate, Authlib, simple-oauth2 |
    /// | `expiry` | a date (RFC 3339) | golang.org/x/oauth2 |
    /// | `expiry_date` | milliseconds since 1970 | google-auth-library for Node.js |
    ///
    /// `refresh_expires_at` is the end of the refresh token. `expires_in` is ignored beside an end;
    /// alone it says nothing unless one knows since when: see
    /// [`from_json_obtained_at`](Self::from_json_obtained_at).
    ///
    /// # Errors
    /// It is no JSON object with an `access_token`, or it has an end in another form.
    pub fn from_json(json: &str) -> Result<Self, Error> {
        read::read(json, None)
    }

    /// Returns it as JSON that [`from_json`](Self::from_json) reads. It holds the tokens in the
    /// clear.
    #[must_use]
    pub fn to_json(&self) -> Secret {
        let time = |time: Option<Timestamp>| time.map(|time| Value::from(time.as_secs()));
        let secret = |secret: &Secret| Value::from(secret.expose());
        let members = [
            ("access_token", Some(secret(&self.access_token))),
            ("token_type", Some(Value::from(&*self.token_type))),
            (
                "scope",
                self.scope.as_ref().map(|s| Value::from(s.as_str())),
            ),
            ("expires_at", time(self.expires_at)),
            ("refresh_token", self.refresh_token.as_ref().map(secret)),
            ("refresh_expires_at", time(self.refresh_expires_at)),
        ];
        let members = members.into_iter();
        let members = members.filter_map(|(name, value)| Some((name.to_owned(), value?)));
        Secret::new(Value::Object(members.collect()).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let tokens = TokenSet {
            scope: Scope::parse("read write").ok(),
            refresh_expires_at: Some(Timestamp::from_secs(1_800_000_000)),
            ..TokenSet::new("a\"t")
        };
        let tokens = tokens
            .expires_at(Timestamp::from_secs(1_767_225_600))
            .refresh_token("rt");
        let read = TokenSet::from_json(tokens.to_json().expose()).unwrap();
        assert_eq!(read, tokens);
    }

    #[test]
    fn what_is_no_token_set_is_refused_without_showing_it() {
        for text in ["", "[]", "{\"refresh_token\":\"hunter2\"}", "hunter2"] {
            let error = TokenSet::from_json(text).unwrap_err();
            assert!(error.is_configuration());
            assert!(!format!("{error:?}").contains("hunter2"));
        }
    }
}
