//! Answers of endpoints, for closures that write their own.
//!
//! ```
//! use grantor_testkit::{FakeServer, answer};
//!
//! let server = FakeServer::new("https://idp.example");
//! // A server that answers in a form instead of JSON.
//! server.answer_tokens_with(answer::form);
//! // One that wraps its answers.
//! server.answer_tokens_with(|members| {
//!     answer::json(200, &serde_json::json!({ "ok": true, "authed_user": members }))
//! });
//! ```

use bytes::Bytes;
use grantor_core::{ErrorCode, ErrorResponse, Params};
use http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Map, Value};

/// An answer with a body of JSON.
#[must_use]
pub fn json(status: u16, body: &Value) -> Response<Bytes> {
    with_body(status, "application/json", body.to_string())
}

/// The members as a form, with status 200. Texts are written unchanged, everything else as in JSON.
#[must_use]
pub fn form(members: &Map<String, Value>) -> Response<Bytes> {
    let mut params = Params::new();
    for (name, value) in members {
        let text = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        params.push(name.clone(), text);
    }
    with_body(200, "application/x-www-form-urlencoded", params.to_form())
}

/// A page, as proxies and error handlers send it.
#[must_use]
pub fn html(status: u16, page: impl Into<Bytes>) -> Response<Bytes> {
    with_body(status, "text/html; charset=utf-8", page)
}

/// A refusal in OAuth's words (RFC 6749 section 5.2): 401 with a challenge for `invalid_client`,
/// otherwise 400.
#[must_use]
pub fn refusal(error: &ErrorResponse) -> Response<Bytes> {
    if error.error != ErrorCode::InvalidClient {
        return with_body(400, "application/json", error.to_json());
    }
    let mut answer = with_body(401, "application/json", error.to_json());
    let basic = HeaderValue::from_static("Basic realm=\"fake\"");
    let headers = answer.headers_mut();
    headers.insert(header::WWW_AUTHENTICATE, basic);
    answer
}

pub(super) fn empty(status: StatusCode) -> Response<Bytes> {
    let mut answer = Response::new(Bytes::new());
    *answer.status_mut() = status;
    answer
}

pub(super) fn with_body(
    status: u16,
    content_type: &'static str,
    body: impl Into<Bytes>,
) -> Response<Bytes> {
    let mut answer = Response::new(body.into());
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}
