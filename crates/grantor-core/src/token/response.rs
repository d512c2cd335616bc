use std::fmt;
use std::time::Duration;

use http::{Response, StatusCode, header};
use serde_json::{Map, Value};

use crate::{ErrorCode, ErrorResponse, Scope, Secret};

/// What a token endpoint gives (RFC 6749 section 5.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenResponse {
    /// The access token.
    pub access_token: Secret,
    /// How to use it; `Bearer` if the server did not say. Compare without regard to case.
    pub token_type: String,
    /// How long it is good, from when the request was sent; unknown, if absent.
    pub expires_in: Option<Duration>,
    /// For getting another one.
    pub refresh_token: Option<Secret>,
    /// What was granted; what was asked for, if absent.
    pub scope: Option<Scope>,
    /// Who the user is (OpenID Connect).
    pub id_token: Option<Secret>,
    /// Further members.
    pub extra: Map<String, Value>,
}

/// Why there is no token.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenError {
    /// The server said no, in OAuth's words.
    Refused {
        /// The status of the answer.
        status: StatusCode,
        /// What it said.
        error: ErrorResponse,
        /// When to try again.
        retry_after: Option<Duration>,
    },
    /// The server answered something that is no answer of a token endpoint.
    Unexpected {
        /// The status of the answer.
        status: StatusCode,
        /// What was wrong with it; nothing of its body.
        reason: &'static str,
        /// When to try again.
        retry_after: Option<Duration>,
    },
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { error, .. } => write!(f, "the token endpoint refused: {error}"),
            Self::Unexpected { status, reason, .. } => write!(
                f,
                "the token endpoint answered {} and {reason}",
                status.as_u16()
            ),
        }
    }
}

impl std::error::Error for TokenError {}

impl TokenError {
    /// Whether the same request may succeed later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Refused { status, error, .. } => {
                is_transient(*status)
                    || matches!(
                        error.error,
                        ErrorCode::TemporarilyUnavailable | ErrorCode::ServerError
                    )
            }
            Self::Unexpected { status, .. } => is_transient(*status),
        }
    }

    /// When the server wants to be asked again.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } | Self::Unexpected { retry_after, .. } => {
                *retry_after
            }
        }
    }

    /// Whether the code or refresh token that was presented is no longer good.
    #[must_use]
    pub fn is_invalid_grant(&self) -> bool {
        matches!(self, Self::Refused { error, .. } if error.error == ErrorCode::InvalidGrant)
    }
}

fn is_transient(status: StatusCode) -> bool {
    status.is_server_error()
        || matches!(
            status,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT
        )
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
            scope: None,
            id_token: None,
            extra: Map::new(),
        }
    }

    /// As JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = String::with_capacity(256);
        json.push_str("{\"access_token\":");
        push_text(&mut json, self.access_token.expose());
        json.push_str(",\"token_type\":");
        push_text(&mut json, &self.token_type);
        if let Some(expires_in) = self.expires_in {
            json.push_str(",\"expires_in\":");
            json.push_str(&expires_in.as_secs().to_string());
        }
        let texts = [
            (
                "refresh_token",
                self.refresh_token.as_ref().map(Secret::expose),
            ),
            ("scope", self.scope.as_ref().map(Scope::as_str)),
            ("id_token", self.id_token.as_ref().map(Secret::expose)),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                json.push_str(",\"");
                json.push_str(name);
                json.push_str("\":");
                push_text(&mut json, text);
            }
        }
        for (name, value) in &self.extra {
            json.push(',');
            push_text(&mut json, name);
            json.push(':');
            json.push_str(&value.to_string());
        }
        json.push('}');
        json
    }

    /// Reads the answer of a token endpoint. Lenient where servers are known to differ:
    /// `expires_in` may be a string, a fraction, or null; `token_type` may be missing.
    ///
    /// # Errors
    /// The server refused, or it answered something else than a token.
    pub fn from_response<B: AsRef<[u8]>>(response: &Response<B>) -> Result<Self, TokenError> {
        let status = response.status();
        let retry_after = retry_after(response.headers());
        let unexpected = |reason| TokenError::Unexpected {
            status,
            reason,
            retry_after,
        };
        let json = match serde_json::from_slice(response.body().as_ref()) {
            Ok(Value::Object(json)) => json,
            Ok(_) => return Err(unexpected("its body is not a JSON object")),
            Err(_) => return Err(unexpected("its body is not JSON")),
        };
        // Some servers say "error" with status 200.
        if let Some(error) = ErrorResponse::from_json(&json) {
            return Err(TokenError::Refused {
                status,
                error,
                retry_after,
            });
        }
        if !status.is_success() {
            return Err(unexpected("its body has no \"error\""));
        }
        Self::from_json(json).map_err(unexpected)
    }

    /// Reads the members of an answer.
    ///
    /// # Errors
    /// What is wrong with it, without a value of it.
    pub fn from_json(mut json: Map<String, Value>) -> Result<Self, &'static str> {
        let mut text = |name: &str| match json.remove(name) {
            Some(Value::String(text)) if !text.is_empty() => Some(text),
            _ => None,
        };
        let access_token = text("access_token").ok_or("its body has no \"access_token\"")?;
        let token_type = text("token_type").unwrap_or_else(|| "Bearer".to_owned());
        let refresh_token = text("refresh_token").map(Secret::new);
        let id_token = text("id_token").map(Secret::new);
        let scope = match text("scope") {
            None => None,
            Some(scope) => Some(Scope::parse(&scope).map_err(|_| "its \"scope\" is malformed")?),
        };
        let expires_in = match json.remove("expires_in") {
            None => None,
            Some(value) => lifetime(&value)?,
        };
        Ok(Self {
            access_token: Secret::new(access_token),
            token_type,
            expires_in,
            refresh_token,
            scope,
            id_token,
            extra: json,
        })
    }
}

/// Seconds as a number, a fraction or a string; null and the empty string are "unknown".
fn lifetime(value: &Value) -> Result<Option<Duration>, &'static str> {
    const MALFORMED: &str = "its \"expires_in\" is not a number of seconds";
    let seconds = match value {
        Value::Null => return Ok(None),
        Value::Number(number) => number.as_f64().ok_or(MALFORMED)?,
        Value::String(text) if text.trim().is_empty() => return Ok(None),
        Value::String(text) => text.trim().parse::<f64>().map_err(|_| MALFORMED)?,
        _ => return Err(MALFORMED),
    };
    if !seconds.is_finite() {
        return Err(MALFORMED);
    }
    // A hundred years is for ever, and keeps all later arithmetic in range.
    let seconds = seconds.clamp(0.0, 3_155_760_000.0);
    Ok(Some(Duration::from_secs_f64(seconds)))
}

/// `Retry-After` in seconds (RFC 9110 section 10.2.3), at most an hour. A date is not read: it would
/// need a clock.
pub(crate) fn retry_after(headers: &http::HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    let seconds = text.trim().parse::<u64>().ok()?;
    Some(Duration::from_secs(seconds.min(3600)))
}

/// Appends `text` as a JSON string.
fn push_text(json: &mut String, text: &str) {
    let plain = |b: u8| b >= 0x20 && b != b'"' && b != b'\\';
    if text.bytes().all(plain) {
        json.push('"');
        json.push_str(text);
        json.push('"');
    } else {
        json.push_str(&Value::from(text).to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn answer(status: u16, body: &str) -> Result<TokenResponse, TokenError> {
        let response = Response::builder().status(status);
        TokenResponse::from_response(&response.body(body.as_bytes()).unwrap())
    }

    fn expires_in(text: &str) -> Option<Duration> {
        let body = format!(r#"{{"access_token":"t","expires_in":{text}}}"#);
        answer(200, &body).unwrap().expires_in
    }

    #[test]
    fn reads_lifetimes_as_servers_write_them() {
        for text in ["3600", "\"3600\"", "3600.0", "\" 3600 \""] {
            assert_eq!(expires_in(text), Some(Duration::from_secs(3600)), "{text}");
        }
        assert_eq!(expires_in("null"), None);
        assert_eq!(expires_in("\"\""), None);
        assert_eq!(expires_in("-5"), Some(Duration::ZERO));
        assert!(expires_in("1e300").is_some());
        assert!(answer(200, r#"{"access_token":"t","expires_in":"soon"}"#).is_err());
        assert!(answer(200, r#"{"access_token":"t","expires_in":"NaN"}"#).is_err());
    }

    #[test]
    fn a_missing_token_type_is_bearer() {
        let token = answer(200, r#"{"access_token":"t"}"#).unwrap();
        assert_eq!(token.token_type, "Bearer");
    }

    #[test]
    fn an_error_with_status_200_is_an_error() {
        let error = answer(200, r#"{"error":"invalid_grant"}"#).unwrap_err();
        assert!(error.is_invalid_grant());
        assert!(!error.is_transient());
    }

    #[test]
    fn what_is_no_token_is_an_error_without_its_body() {
        for (status, body, transient) in [
            (200, "<html>hunter2", false),
            (200, r#"["hunter2"]"#, false),
            (200, r#"{"access_token":""}"#, false),
            (400, r#"{"hint":"hunter2"}"#, false),
            (503, "hunter2", true),
            (429, "hunter2", true),
        ] {
            let error = answer(status, body).unwrap_err();
            assert_eq!(error.is_transient(), transient, "{status} {body}");
            assert!(!format!("{error} {error:?}").contains("hunter2"));
        }
    }

    #[test]
    fn reads_retry_after() {
        let response = Response::builder().status(429).header("retry-after", "7");
        let error = TokenResponse::from_response(&response.body("").unwrap()).unwrap_err();
        assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
    }

    proptest! {
        #[test]
        fn round_trips(
            access_token in "\\PC{1,20}",
            expires_in in proptest::option::of(0u64..1_000_000),
            refresh_token in proptest::option::of("\\PC{1,20}"),
            scope in proptest::option::of("[a-z]{1,5}"),
            extra in proptest::option::of("\\PC{0,9}"),
        ) {
            let mut token = TokenResponse::bearer(access_token.as_str());
            token.expires_in = expires_in.map(Duration::from_secs);
            token.refresh_token = refresh_token.map(Secret::new);
            token.scope = scope.map(|text| Scope::parse(&text).unwrap());
            if let Some(extra) = extra {
                token.extra.insert("x\"y".into(), extra.into());
            }
            prop_assert_eq!(answer(200, &token.to_json()).unwrap(), token);
        }

        #[test]
        fn never_panics(body: Vec<u8>) {
            let _ = TokenResponse::from_response(&Response::new(body));
        }
    }
}
