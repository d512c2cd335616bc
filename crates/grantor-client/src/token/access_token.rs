//! An access token as programs get it.

use std::fmt;

use grantor_core::{AuthorizationDetails, Scope, Secret, Timestamp};
use serde_json::{Map, Value};

/// An access token and what the server said of it.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccessToken {
    /// The token itself.
    pub secret: Secret,
    /// How it is used: `Bearer`, `DPoP` where it is bound to a key (RFC 9449), or `N_A` for what a token exchange gave that is no access token (RFC
    /// 8693 section 2.2.1).
    pub token_type: &'static str,
    /// The scope; the requested one, if the server did not say.
    pub scope: Option<Scope>,
    /// When it expires; unknown, if absent.
    pub expires_at: Option<Timestamp>,
    /// The further members of the server's answer, as `instance_url` or `id_token`. They are stored
    /// with the token.
    pub extra: Map<String, Value>,
}

impl AccessToken {
    /// The detailed authorization that was granted (RFC 9396 section 7); none if the server does not say,
    /// or says something that can't be read.
    #[must_use]
    pub fn authorization_details(&self) -> Option<AuthorizationDetails> {
        AuthorizationDetails::from_value(self.extra.get("authorization_details")?).ok()
    }
}

/// Further members may be secret, as an ID token is: their names are shown.
impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken")
            .field("secret", &self.secret)
            .field("token_type", &self.token_type)
            .field("scope", &self.scope)
            .field("expires_at", &self.expires_at)
            .field("extra", &self.extra.keys())
            .finish()
    }
}
