//! Answers of a token endpoint that hold one (RFC 6749 section 5.1).

#[cfg(feature = "exchange")]
mod read;

use std::fmt;
use std::time::Duration;

use grantor_jose::ObjectWriter;
use serde_json::{Map, Value};

use crate::authorization_details::AuthorizationDetails;
use crate::scope::Scope;
use crate::secret::Secret;

/// The successful answer of a token endpoint (RFC 6749 section 5.1).
#[derive(Clone, PartialEq, Eq)]
pub struct TokenResponse {
    /// The access token.
    pub access_token: Secret,
    /// How to use it; `Bearer` if the server did not say. Compare without regard to case.
    pub token_type: String,
    /// How long it is good, from when the request was sent; unknown, if absent.
    pub expires_in: Option<Duration>,
    /// For getting another one.
    pub refresh_token: Option<Secret>,
    /// How long that is good; unknown or without end, if absent. No specification has it: it is
    /// `refresh_token_expires_in` or `refresh_expires_in` on the wire, and 0 there is "without end".
    pub refresh_token_expires_in: Option<Duration>,
    /// The granted scope; the requested one, if absent.
    pub scope: Option<Scope>,
    /// The ID token, which identifies the user (OpenID Connect).
    pub id_token: Option<Secret>,
    /// Further members.
    pub extra: Map<String, Value>,
}

impl TokenResponse {
    /// A bearer token and nothing else.
    #[must_use]
    pub fn bearer(access_token: impl Into<Secret>) -> Self {
        Self {
            access_token: access_token.into(),
            token_type: "Bearer".to_owned(),
            expires_in: None,
            refresh_token: None,
            refresh_token_expires_in: None,
            scope: None,
            id_token: None,
            extra: Map::new(),
        }
    }

    /// Returns the kind of the token, after a token exchange (RFC 8693 section 2.2.1). If it is no
    /// access token, `token_type` is `N_A`.
    #[must_use]
    pub fn issued_token_type(&self) -> Option<&str> {
        self.extra.get("issued_token_type")?.as_str()
    }

    /// The detailed authorization that was granted (RFC 9396 section 7); none if the server does not say,
    /// or says something that can't be read.
    #[must_use]
    pub fn authorization_details(&self) -> Option<AuthorizationDetails> {
        AuthorizationDetails::from_value(self.extra.get("authorization_details")?).ok()
    }

    /// Returns it as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let secrets = [
            ("access_token", Some(&self.access_token)),
            ("refresh_token", self.refresh_token.as_ref()),
            ("id_token", self.id_token.as_ref()),
        ];
        let long = secrets.iter().filter_map(|(_, secret)| *secret);
        let long: usize = long.map(|secret| secret.expose().len()).sum();
        let mut json = ObjectWriter::with_capacity(long + ROOM_FOR_THE_REST);
        for (name, secret) in secrets {
            if let Some(secret) = secret {
                json.text(name, secret.expose());
            }
        }
        json.text("token_type", &self.token_type);
        for (name, lifetime) in [
            ("expires_in", self.expires_in),
            (REFRESH_LIFETIMES[0], self.refresh_token_expires_in),
        ] {
            if let Some(lifetime) = lifetime {
                json.number(name, lifetime.as_secs());
            }
        }
        if let Some(scope) = &self.scope {
            json.text("scope", scope.as_str());
        }
        for (name, value) in &self.extra {
            json.value(name, value);
        }
        json.finish()
    }
}

/// Further members may be secret (Slack puts a second token there): their names are shown.
impl fmt::Debug for TokenResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.extra.keys().collect();
        f.debug_struct("TokenResponse")
            .field("access_token", &self.access_token)
            .field("token_type", &self.token_type)
            .field("expires_in", &self.expires_in)
            .field("refresh_token", &self.refresh_token)
            .field("refresh_token_expires_in", &self.refresh_token_expires_in)
            .field("scope", &self.scope)
            .field("id_token", &self.id_token)
            .field("extra", &names)
            .finish()
    }
}

/// The names of the lifetime of a refresh token, the one that is written first.
const REFRESH_LIFETIMES: [&str; 2] = ["refresh_token_expires_in", "refresh_expires_in"];

/// Room for names, a short scope and numbers.
const ROOM_FOR_THE_REST: usize = 192;

#[cfg(test)]
mod tests;
