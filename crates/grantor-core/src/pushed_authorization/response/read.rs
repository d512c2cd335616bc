//! Reading the answer of a pushed authorization request endpoint.

use http::Response;
use serde_json::{Map, Value};

use super::PushedAuthorizationResponse;
use crate::quirks::Quirks;
use crate::token::{endpoint_error, lifetime, read_members, unexpected};

endpoint_error! {
    /// The reason why a request could not be pushed.
    PushedAuthorizationError, "pushed authorization request"
}

impl PushedAuthorizationResponse {
    /// Reads the answer of a pushed authorization request endpoint.
    ///
    /// # Errors
    /// The server refused, or answered something else.
    pub fn from_response<B: AsRef<[u8]>>(
        response: &Response<B>,
        quirks: &Quirks,
    ) -> Result<Self, PushedAuthorizationError> {
        let json = read_members(response, quirks).map_err(PushedAuthorizationError)?;
        let read = Self::from_json(&json);
        read.map_err(|reason| PushedAuthorizationError(unexpected(response, reason)))
    }

    fn from_json(json: &Map<String, Value>) -> Result<Self, &'static str> {
        let request_uri = json.get("request_uri").and_then(Value::as_str);
        let request_uri = request_uri.filter(|uri| !uri.is_empty());
        let expires_in = json.get("expires_in").and_then(lifetime).flatten();
        Ok(Self {
            request_uri: request_uri
                .ok_or("its body has no \"request_uri\"")?
                .to_owned(),
            expires_in: expires_in.ok_or("its \"expires_in\" is not a number of seconds")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn read(status: u16, body: &str) -> Result<PushedAuthorizationResponse, String> {
        let response = Response::builder().status(status).body(body.to_owned());
        let read = PushedAuthorizationResponse::from_response(&response.unwrap(), &Quirks::NONE);
        read.map_err(|error| error.to_string())
    }

    #[test]
    fn round_trips() {
        let response = PushedAuthorizationResponse {
            request_uri: "urn:ietf:params:oauth:request_uri:6esc_11ACC5bwc014ltc14eY22c".into(),
            expires_in: Duration::from_secs(60),
        };
        assert_eq!(read(201, &response.to_json()), Ok(response));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (status, body, expected) in [
            (
                201,
                "{\"expires_in\":60}",
                "answered 201 and its body has no \"request_uri\"",
            ),
            (
                201,
                "{\"request_uri\":\"\",\"expires_in\":60}",
                "its body has no \"request_uri\"",
            ),
            (
                201,
                "{\"request_uri\":\"urn:x\"}",
                "its \"expires_in\" is not a number of seconds",
            ),
            (
                400,
                "{\"error\":\"invalid_request\"}",
                "refused: invalid_request",
            ),
        ] {
            let error = read(status, body).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
