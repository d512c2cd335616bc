//! A sign-in between its redirect and its answer.

use std::fmt;

use grantor_core::{ResponseMode, ResponseType, Secret};
use serde::{Deserialize, Serialize};
use url::{Position, Url};

use crate::config::authorization_answer::AuthorizationAnswer;

/// A sign-in that has begun.
#[non_exhaustive]
pub struct AuthorizationRedirect {
    /// Where to send the browser.
    pub url: Url,
    /// The state to keep until the browser is back, bound to that browser.
    pub pending: PendingAuthorization,
}

/// The state of a sign-in until the browser is back. It can be serialized, and is secret then: it
/// belongs into a session or an encrypted cookie.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingAuthorization {
    pub(super) issuer: String,
    pub(super) redirect_uri: String,
    pub(super) state: String,
    pub(super) code_verifier: String,
    /// Bound to the ID token, if there is to be one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) nonce: Option<String>,
    /// The age of the authentication that was asked for at most, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) max_age: Option<u64>,
    /// The classes of the authentication that were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) acr_values: Vec<String>,
    /// The private key that the code is bound to (RFC 9449 section 10), if it was generated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) dpop_key: Option<String>,
    /// The response type, if it is another than `code`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) response_type: Option<String>,
    /// The response mode, if one was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) response_mode: Option<String>,
}

impl PendingAuthorization {
    /// The `state` that the redirect will carry, to find this among several.
    #[must_use]
    pub fn state(&self) -> Secret {
        Secret::new(&*self.state)
    }

    pub(super) fn stored_type(response_type: &ResponseType) -> Option<String> {
        (*response_type != ResponseType::code()).then(|| response_type.to_string())
    }

    /// The answer that was asked for.
    pub(super) fn answer(&self) -> AuthorizationAnswer {
        let response_type = self.response_type.as_deref();
        AuthorizationAnswer {
            response_type: response_type.map_or_else(ResponseType::code, ResponseType::parse),
            response_mode: self.response_mode.as_deref().map(ResponseMode::parse),
        }
    }
}

/// Leaves out the query of the URL, which has the `state` and further parameters.
impl fmt::Debug for AuthorizationRedirect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationRedirect")
            .field("url", &&self.url[..Position::AfterPath])
            .field("pending", &self.pending)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for PendingAuthorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingAuthorization")
            .field("issuer", &self.issuer)
            .field("redirect_uri", &self.redirect_uri)
            .finish_non_exhaustive()
    }
}
