//! The answer of a device authorization endpoint (RFC 8628 section 3.2).

#[cfg(feature = "exchange")]
mod read;

use std::time::Duration;

use serde_json::{Map, Value};
use url::Url;

#[cfg(feature = "exchange")]
pub use self::read::DeviceAuthorizationError;
use crate::secret::Secret;

/// The response for a device, with the code and URI for its user (RFC 8628 section 3.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceAuthorizationResponse {
    /// The code that the device sends to the token endpoint.
    pub device_code: Secret,
    /// The code that the user types in; without control characters.
    pub user_code: String,
    /// Where the user types it in: https, or on this machine.
    pub verification_uri: Url,
    /// The same with the code in it, for a browser or as a QR code.
    pub verification_uri_complete: Option<Url>,
    /// How long both codes are good, from when the request was sent.
    pub expires_in: Duration,
    /// How long to wait between two questions; 5 s if the server does not say, 1 s at least.
    pub interval: Duration,
}

impl DeviceAuthorizationResponse {
    /// Returns it as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = Map::new();
        let mut set = |name: &str, value: Value| json.insert(name.to_owned(), value);
        set("device_code", self.device_code.expose().into());
        set("user_code", self.user_code.as_str().into());
        set("verification_uri", self.verification_uri.as_str().into());
        if let Some(url) = &self.verification_uri_complete {
            set("verification_uri_complete", url.as_str().into());
        }
        set("expires_in", self.expires_in.as_secs().into());
        set("interval", self.interval.as_secs().into());
        Value::Object(json).to_string()
    }
}
