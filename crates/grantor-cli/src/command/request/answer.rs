//! The answer to `grantor request`.

use std::time::Duration;

use bytes::Bytes;
use grantor_jose::base64url;
use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, StatusCode, Version};
use serde_json::{Value, json};
use url::Url;

use super::redirect::Sent;
use crate::args::Request;
use crate::error::{CliError, Exit};
use crate::output::Output;

/// The answer of the API.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) version: Version,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// The URL that gave it, after the redirects that were followed.
    pub(super) from: Url,
}

impl Answer {
    /// Returns the exit status. A redirect that is left over was not followed, so it is no success.
    pub(super) fn exit(&self) -> Exit {
        if self.status.is_success() || self.status == StatusCode::NOT_MODIFIED {
            Exit::Done
        } else if self.status.is_server_error() {
            Exit::ServerError
        } else {
            Exit::ClientError
        }
    }

    /// The problem with it, and the demand of the API.
    pub(super) fn problem(&self, sent: &Sent) -> CliError {
        let mut message = format!("the answer has status {}", self.status);
        let challenges = self.headers.get_all(WWW_AUTHENTICATE).iter();
        for challenge in challenges.filter_map(|value| value.to_str().ok()) {
            message = format!("{message}; {challenge}");
        }
        let error = CliError::new(self.exit(), message).retry_after(self.retry_after());
        if self.status.is_redirection() {
            return error.hint(sent.why_not_followed(&self.from, self.status, &self.headers));
        }
        error
    }

    /// Returns the output that the options ask for: the body alone, the head and the body, or one
    /// JSON document.
    pub(super) fn to_bytes(&self, args: &Request, output: &Output) -> Vec<u8> {
        if output.is_json() {
            return format!("{}\n", self.to_json(args.include)).into_bytes();
        }
        let mut bytes = Vec::new();
        if args.include {
            bytes = format!("{:?} {}\r\n", self.version, self.status).into_bytes();
            for (name, value) in &self.headers {
                bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
            }
            bytes.extend(b"\r\n");
        }
        bytes.extend(&self.body);
        bytes
    }

    fn to_json(&self, with_headers: bool) -> Value {
        let text =
            |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let mut json = json!({
            "status": self.status.as_u16(),
            "content_type": self.headers.get(CONTENT_TYPE).map(text),
        });
        if with_headers {
            let pairs = self.headers.iter();
            let pairs = pairs.map(|(name, value)| json!([name.as_str(), text(value)]));
            json["headers"] = pairs.collect();
        }
        match str::from_utf8(&self.body) {
            Ok(text) => json["body"] = text.into(),
            Err(_) => json["body_base64url"] = base64url::encode(&self.body).into(),
        }
        json
    }

    fn retry_after(&self) -> Option<Duration> {
        let text = self.headers.get(RETRY_AFTER)?.to_str().ok()?;
        text.trim().parse().ok().map(Duration::from_secs)
    }
}
