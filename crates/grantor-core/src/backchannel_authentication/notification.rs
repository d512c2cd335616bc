//! The notification that a user has decided, in the mode `ping` (CIBA Core section 10.2).

use std::fmt;

use grantor_jose::digest::constant_time_eq;
use http::{HeaderMap, header};
use serde_json::Value;

use crate::members::Members;
use crate::secret::Secret;

/// A notification of the server that a user has decided. Nothing of it is verified before
/// [`verify`](Self::verify).
#[derive(Debug, Clone)]
pub struct BackchannelNotification {
    token: Secret,
    auth_req_id: Secret,
}

/// The reason why a notification is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidNotification {
    /// It carries no bearer token: answer 401.
    NoToken,
    /// Its token is not that of the request, or no such request waits: answer 401.
    WrongToken,
    /// Its body is no JSON object with an `auth_req_id`: answer 400.
    Malformed,
}

impl InvalidNotification {
    /// The status of the answer.
    #[must_use]
    pub fn status(self) -> http::StatusCode {
        match self {
            Self::NoToken | Self::WrongToken => http::StatusCode::UNAUTHORIZED,
            Self::Malformed => http::StatusCode::BAD_REQUEST,
        }
    }
}

impl fmt::Display for InvalidNotification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the notification is refused: ")?;
        f.write_str(match self {
            Self::NoToken => "it carries no bearer token",
            Self::WrongToken => "its token is not that of a request that waits",
            Self::Malformed => "it is no JSON object with an \"auth_req_id\"",
        })
    }
}

impl std::error::Error for InvalidNotification {}

impl BackchannelNotification {
    /// Reads a request to the client's notification endpoint.
    ///
    /// # Errors
    /// It has no bearer token, or no `auth_req_id`.
    pub fn from_request(headers: &HeaderMap, body: &[u8]) -> Result<Self, InvalidNotification> {
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        let (Some(value), None) = (values.next(), values.next()) else {
            return Err(InvalidNotification::NoToken);
        };
        let value = value.to_str().map_err(|_| InvalidNotification::NoToken)?;
        let token = match value.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("Bearer") => token.trim(),
            _ => return Err(InvalidNotification::NoToken),
        };
        let members = Members::parse(body).ok_or(InvalidNotification::Malformed)?;
        match members.0.get("auth_req_id").and_then(Value::as_str) {
            Some(id) if !id.is_empty() => Ok(Self {
                token: Secret::new(token),
                auth_req_id: Secret::new(id),
            }),
            _ => Err(InvalidNotification::Malformed),
        }
    }

    /// The request that it is about. To find one; it proves nothing.
    #[must_use]
    pub fn auth_req_id(&self) -> &Secret {
        &self.auth_req_id
    }

    /// Compares its token with the `client_notification_token` of the request, in a time that does not
    /// depend on where they differ.
    ///
    /// # Errors
    /// It is another one.
    pub fn verify(&self, client_notification_token: &Secret) -> Result<(), InvalidNotification> {
        let (own, sent) = (client_notification_token.expose(), self.token.expose());
        match !own.is_empty() && constant_time_eq(own.as_bytes(), sent.as_bytes()) {
            true => Ok(()),
            false => Err(InvalidNotification::WrongToken),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read(
        authorization: &[&str],
        body: &str,
    ) -> Result<BackchannelNotification, InvalidNotification> {
        let mut headers = HeaderMap::new();
        for value in authorization {
            let value = HeaderValue::from_str(value).unwrap();
            headers.append(header::AUTHORIZATION, value);
        }
        BackchannelNotification::from_request(&headers, body.as_bytes())
    }

    #[test]
    fn the_token_is_that_of_the_request() {
        let body = r#"{"auth_req_id":"a1","urn:example":7}"#;
        let read_one = read(&["bearer t1"], body).unwrap();
        assert_eq!(read_one.auth_req_id().expose(), "a1");
        assert_eq!(read_one.verify(&"t1".into()), Ok(()));
        for other in ["t2", "", "t11", "T1"] {
            let refused = read_one.verify(&other.into());
            assert_eq!(refused, Err(InvalidNotification::WrongToken));
        }
        let empty = read(&["Bearer "], body).unwrap();
        assert!(empty.verify(&"".into()).is_err());
    }

    #[test]
    fn what_can_not_be_read_is_refused() {
        let good = r#"{"auth_req_id":"a1"}"#;
        for header in [
            &[][..],
            &["Basic t1"],
            &["Bearer"],
            &["Bearer t1", "Bearer t2"],
        ] {
            let refused = read(header, good).unwrap_err();
            assert_eq!(refused.status(), 401);
        }
        for body in [
            "",
            "[]",
            "{}",
            r#"{"auth_req_id":7}"#,
            r#"{"auth_req_id":"a","auth_req_id":"b"}"#,
        ] {
            let refused = read(&["Bearer t1"], body).unwrap_err();
            assert_eq!(refused.status(), 400, "{body}");
        }
    }
}
