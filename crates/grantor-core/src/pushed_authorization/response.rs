//! The answer of a pushed authorization request endpoint (RFC 9126 section 2.2).

#[cfg(feature = "exchange")]
mod read;

use std::time::Duration;

use grantor_jose::ObjectWriter;

#[cfg(feature = "exchange")]
pub use self::read::PushedAuthorizationError;

/// The reference to a pushed request (RFC 9126 section 2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushedAuthorizationResponse {
    /// The user's browser is sent with this in place of the parameters, once.
    pub request_uri: String,
    /// How long it is good, from when the request was sent.
    pub expires_in: Duration,
}

impl PushedAuthorizationResponse {
    /// Returns it as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = ObjectWriter::with_capacity(self.request_uri.len() + 64);
        json.text("request_uri", &self.request_uri);
        json.number("expires_in", self.expires_in.as_secs());
        json.finish()
    }
}
