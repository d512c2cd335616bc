//! A sign-in by OAuth 1.0a between its redirect and its answer.

use std::fmt;

use grantor_core::Secret;
use grantor_core::oauth1::Credentials;
use serde::{Deserialize, Serialize};
use url::{Position, Url};

/// A sign-in by OAuth 1.0a that has begun.
#[non_exhaustive]
pub struct OAuth1Redirect {
    /// Where to send the browser.
    pub url: Url,
    /// The state to keep until the browser is back, bound to that browser.
    pub pending: PendingOAuth1Authorization,
}

/// The state of a sign-in by OAuth 1.0a until the browser is back. It can be serialized, and is secret
/// then: it belongs into a session or an encrypted cookie.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingOAuth1Authorization {
    endpoint: String,
    identifier: String,
    secret: String,
}

impl PendingOAuth1Authorization {
    pub(super) fn new(endpoint: &str, temporary: &Credentials) -> Self {
        Self {
            endpoint: endpoint.to_owned(),
            identifier: temporary.identifier.clone(),
            secret: temporary.secret.expose().to_owned(),
        }
    }

    /// The `oauth_token` that the redirect will carry, to find this among several.
    #[must_use]
    pub fn identifier(&self) -> Secret {
        Secret::new(&*self.identifier)
    }

    pub(super) fn credentials(&self) -> Credentials {
        Credentials::new(&*self.identifier, &*self.secret)
    }

    /// Returns whether the temporary credentials are from this endpoint.
    pub(super) fn was_begun_at(&self, endpoint: &str) -> bool {
        self.endpoint == endpoint
    }
}

/// Leaves out the query of the URL, which has the identifier.
impl fmt::Debug for OAuth1Redirect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuth1Redirect")
            .field("url", &&self.url[..Position::AfterPath])
            .field("pending", &self.pending)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for PendingOAuth1Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingOAuth1Authorization")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}
