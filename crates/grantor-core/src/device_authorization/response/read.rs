//! Reading the answer of a device authorization endpoint.

use std::time::Duration;

use http::Response;
use serde_json::{Map, Value};
use url::Url;

use super::DeviceAuthorizationResponse;
use crate::loopback::{LocalhostNames, has_credentials};
use crate::peer_text::is_visible;
use crate::quirks::Quirks;
use crate::token::{endpoint_error, lifetime, read_members, unexpected};

endpoint_error! {
    /// The reason why there is no device code.
    DeviceAuthorizationError, "device authorization"
}

/// The most bytes of a code that a user is to type in.
const LONGEST_USER_CODE: usize = 100;
const DEFAULT_INTERVAL: Duration = Duration::from_secs(5);
const LEAST_INTERVAL: Duration = Duration::from_secs(1);

impl DeviceAuthorizationResponse {
    /// Reads the answer of a device authorization endpoint. `verification_url`, which some servers
    /// write since before the RFC, is taken too.
    ///
    /// # Errors
    /// The server refused, or answered something else; also a page that is not https, since the
    /// user is sent there.
    pub fn from_response<B: AsRef<[u8]>>(
        response: &Response<B>,
        quirks: &Quirks,
    ) -> Result<Self, DeviceAuthorizationError> {
        Self::from_response_with(response, quirks, LocalhostNames::ByDns)
    }

    /// Like [`from_response`](Self::from_response), for a client that may resolve names below
    /// `localhost` itself: the page of a server there may then be http.
    ///
    /// # Errors
    /// As [`from_response`](Self::from_response).
    pub fn from_response_with<B: AsRef<[u8]>>(
        response: &Response<B>,
        quirks: &Quirks,
        names: LocalhostNames,
    ) -> Result<Self, DeviceAuthorizationError> {
        let json = read_members(response, quirks).map_err(DeviceAuthorizationError)?;
        let read = Self::from_json(&json, names);
        read.map_err(|reason| DeviceAuthorizationError(unexpected(response, reason)))
    }

    fn from_json(json: &Map<String, Value>, names: LocalhostNames) -> Result<Self, &'static str> {
        let text = |name: &str| {
            let text = json.get(name).and_then(Value::as_str);
            text.filter(|text| !text.is_empty())
        };
        let url = |name: &str| text(name).map(|text| page(text, names)).transpose();
        let user_code = text("user_code").ok_or("its body has no \"user_code\"")?;
        if !user_code.chars().all(is_visible) {
            return Err("its \"user_code\" has control characters");
        }
        if user_code.len() > LONGEST_USER_CODE {
            return Err("its \"user_code\" is too long to be typed in");
        }
        let seconds = |name: &str| json.get(name).map_or(Some(None), lifetime);
        let expires_in = seconds("expires_in").flatten();
        let interval = seconds("interval").ok_or("its \"interval\" is not a number of seconds")?;
        Ok(Self {
            device_code: text("device_code")
                .ok_or("its body has no \"device_code\"")?
                .into(),
            user_code: user_code.to_owned(),
            verification_uri: url("verification_uri")?
                .or(url("verification_url")?)
                .ok_or("its body has no \"verification_uri\"")?,
            verification_uri_complete: url("verification_uri_complete")?,
            expires_in: expires_in.ok_or("its \"expires_in\" is not a number of seconds")?,
            interval: interval.unwrap_or(DEFAULT_INTERVAL).max(LEAST_INTERVAL),
        })
    }
}

/// A page that a user may be sent to.
fn page(text: &str, names: LocalhostNames) -> Result<Url, &'static str> {
    let url = Url::parse(text).ok().filter(|url| names.is_secure(url));
    let url = url.ok_or("its \"verification_uri\" is not an https URL")?;
    // "https://google.com@evil.example" is read as the page of somebody else.
    match has_credentials(&url) {
        true => Err("its \"verification_uri\" has a user name in it"),
        false => Ok(url),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<DeviceAuthorizationResponse, DeviceAuthorizationError> {
        DeviceAuthorizationResponse::from_response(&Response::new(body), &Quirks::NONE)
    }

    #[test]
    fn a_user_is_sent_to_no_page_that_looks_like_another() {
        let answer = |code: &str, page: &str| {
            serde_json::json!({
                "device_code": "d", "user_code": code, "verification_uri": page, "expires_in": 60,
            })
            .to_string()
        };
        assert!(read(&answer("WDJB-MJHT", "https://idp.example/d")).is_ok());
        let long = "W".repeat(101);
        for (code, page) in [
            ("W\u{202e}J", "https://idp.example/d"),
            ("W\u{200b}J", "https://idp.example/d"),
            (long.as_str(), "https://idp.example/d"),
            ("WDJB-MJHT", "https://idp.example@evil.example/d"),
        ] {
            assert!(read(&answer(code, page)).is_err(), "{code:?} {page}");
        }
    }

    // RFC 8628 section 3.2.
    const PRINTED: &str = r#"{
        "device_code": "GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS",
        "user_code": "WDJB-MJHT",
        "verification_uri": "https://example.com/device",
        "verification_uri_complete": "https://example.com/device?user_code=WDJB-MJHT",
        "expires_in": 1800,
        "interval": 5
    }"#;

    #[test]
    fn reads_what_the_specification_prints_and_writes_it_again() {
        let response = read(PRINTED).unwrap();
        assert_eq!(response.user_code, "WDJB-MJHT");
        assert_eq!(response.verification_uri.path(), "/device");
        assert_eq!(response.expires_in, Duration::from_secs(1800));
        assert_eq!(read(&response.to_json()), Ok(response));
    }

    fn with(name: &str, value: &str) -> Result<DeviceAuthorizationResponse, String> {
        let mut json = serde_json::from_str::<Value>(PRINTED).unwrap();
        json[name] = serde_json::from_str(value).unwrap();
        read(&json.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn the_interval_is_5_seconds_if_not_said_and_never_0() {
        assert_eq!(with("interval", "null").unwrap().interval.as_secs(), 5);
        assert_eq!(with("interval", "0").unwrap().interval.as_secs(), 1);
        assert_eq!(with("interval", "\"7\"").unwrap().interval.as_secs(), 7);
    }

    #[test]
    fn a_user_is_sent_to_no_other_page_than_https() {
        for url in [
            "http://example.com/",
            "javascript:alert(1)",
            "file:///etc",
            "x",
        ] {
            let url = format!("\"{url}\"");
            let error = with("verification_uri", &url).unwrap_err();
            assert!(error.contains("not an https URL"), "{error}");
            assert!(with("verification_uri_complete", &url).is_err());
        }
    }

    #[test]
    fn refuses_what_is_missing_or_would_garble_a_terminal() {
        for name in ["device_code", "user_code", "expires_in"] {
            let error = with(name, "null").unwrap_err();
            assert!(error.contains(name), "{error}");
        }
        assert!(with("user_code", r#""A\u001b[2J""#).is_err());
        assert!(with("interval", "-1").is_err());
        let json = PRINTED.replace("\"verification_uri\"", "\"verification_url\"");
        assert!(read(&json).is_ok());
    }

    #[test]
    fn an_error_is_told_as_one_of_this_endpoint() {
        let error = read(r#"{"error":"invalid_client"}"#).unwrap_err();
        let text = "the device authorization endpoint refused: invalid_client";
        assert_eq!(error.to_string(), text);
        assert!(!error.is_transient());
    }
}
