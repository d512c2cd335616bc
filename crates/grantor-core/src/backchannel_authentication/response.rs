//! The answer of a backchannel authentication endpoint (CIBA Core section 7.3).

use std::time::Duration;

use http::Response;
use serde_json::{Map, Value};

use crate::quirks::Quirks;
use crate::secret::Secret;
use crate::token::{endpoint_error, lifetime, read_members, unexpected};

/// The response to a request that a user be asked (CIBA Core section 7.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackchannelAuthenticationResponse {
    /// The identifier of the request, which the client sends to the token endpoint.
    pub auth_req_id: Secret,
    /// How long the user has, from when the request was sent.
    pub expires_in: Duration,
    /// How long to wait between two questions; 5 s if the server does not say, 1 s at least.
    pub interval: Duration,
}

endpoint_error! {
    /// The reason why no user is asked.
    BackchannelAuthenticationError, "backchannel authentication"
}

const DEFAULT_INTERVAL: Duration = Duration::from_secs(5);
const LEAST_INTERVAL: Duration = Duration::from_secs(1);

impl BackchannelAuthenticationResponse {
    /// Reads the answer of a backchannel authentication endpoint.
    ///
    /// # Errors
    /// The server refused, or answered something else.
    pub fn from_response<B: AsRef<[u8]>>(
        response: &Response<B>,
        quirks: &Quirks,
    ) -> Result<Self, BackchannelAuthenticationError> {
        let json = read_members(response, quirks).map_err(BackchannelAuthenticationError)?;
        let read = Self::from_json(&json);
        read.map_err(|reason| BackchannelAuthenticationError(unexpected(response, reason)))
    }

    fn from_json(json: &Map<String, Value>) -> Result<Self, &'static str> {
        let id = json.get("auth_req_id").and_then(Value::as_str);
        let id = id.filter(|id| !id.is_empty());
        let seconds = |name: &str| json.get(name).map_or(Some(None), lifetime);
        let expires_in = seconds("expires_in").flatten();
        let interval = seconds("interval").ok_or("its \"interval\" is not a number of seconds")?;
        Ok(Self {
            auth_req_id: id.ok_or("its body has no \"auth_req_id\"")?.into(),
            expires_in: expires_in.ok_or("its \"expires_in\" is not a number of seconds")?,
            interval: interval.unwrap_or(DEFAULT_INTERVAL).max(LEAST_INTERVAL),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(
        body: &str,
    ) -> Result<BackchannelAuthenticationResponse, BackchannelAuthenticationError> {
        BackchannelAuthenticationResponse::from_response(&Response::new(body), &Quirks::NONE)
    }

    // CIBA Core section 7.3.
    const PRINTED: &str =
        r#"{"auth_req_id":"1c266114-a1be-4252-8ad1-04986c5b9ac1","expires_in":120,"interval":2}"#;

    #[test]
    fn reads_what_the_specification_prints() {
        let response = read(PRINTED).unwrap();
        assert_eq!(response.expires_in.as_secs(), 120);
        assert_eq!(response.interval.as_secs(), 2);
        let unsaid = read(r#"{"auth_req_id":"x","expires_in":120}"#).unwrap();
        assert_eq!(unsaid.interval.as_secs(), 5);
        let none = read(r#"{"auth_req_id":"x","expires_in":120,"interval":0}"#).unwrap();
        assert_eq!(none.interval.as_secs(), 1);
    }

    #[test]
    fn what_is_missing_is_named() {
        for (body, name) in [
            (r#"{"expires_in":120}"#, "auth_req_id"),
            (r#"{"auth_req_id":"","expires_in":120}"#, "auth_req_id"),
            (r#"{"auth_req_id":"x"}"#, "expires_in"),
            (
                r#"{"auth_req_id":"x","expires_in":1,"interval":"soon"}"#,
                "interval",
            ),
        ] {
            let error = read(body).unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        }
        let refused = read(r#"{"error":"unknown_user_id"}"#).unwrap_err();
        let text = "the backchannel authentication endpoint refused: unknown_user_id";
        assert_eq!(refused.to_string(), text);
    }
}
