//! Servers that repeat in an error what was sent to them: "Invalid refresh token: 8xLOxBtZp8". Errors are
//! logged and shown, so it is taken out of them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use grantor_core::Secret;
use http::header::AUTHORIZATION;
use http::{Request, Response};
use serde_json::{Map, Value};
use url::form_urlencoded;

/// The secrets of a request.
const SECRETS: [&str; 11] = [
    "assertion",
    "actor_token",
    "client_assertion",
    "client_secret",
    "code",
    "code_verifier",
    "device_code",
    "password",
    "refresh_token",
    "subject_token",
    "token",
];

/// Members whose values are for programs.
const CODES: [&str; 3] = ["error", "code", "type"];

/// A shorter text occurs in every other one.
const MIN_LENGTH: usize = 4;

/// A shorter secret may be a word of any text, and taking it out would confirm a guess of it.
const MIN_DISTINCT_LENGTH: usize = 8;

/// The secrets of a request that was sent.
pub(crate) struct SentSecrets(Vec<Secret>);

impl SentSecrets {
    pub(crate) fn of(request: &Request<Bytes>) -> Self {
        let query = request.uri().query().unwrap_or_default();
        let pairs = form_urlencoded::parse(request.body());
        let pairs = pairs.chain(form_urlencoded::parse(query.as_bytes()));
        let secret = pairs.filter(|(name, _)| SECRETS.contains(&&**name));
        let all = secret.map(|(_, value)| Secret::new(value));
        let all = all.chain(of_json(request)).chain(of_basic(request));
        let all = all.chain(of_bearer(request));
        Self(
            all.filter(|secret| secret.expose().len() >= MIN_LENGTH)
                .collect(),
        )
    }

    /// Takes them out of an answer that is an error.
    pub(crate) fn redact(&self, answer: &mut Response<Bytes>) {
        let Ok(mut json) = serde_json::from_slice::<Value>(answer.body()) else {
            return;
        };
        let is_error = !answer.status().is_success() || json.get("error").is_some();
        if is_error && self.take_out(&mut json) {
            *answer.body_mut() = json.to_string().into();
        }
    }

    /// Returns whether there was any. Codes stay unchanged: a user who chose "invalid_grant" for a
    /// password would change what an error means.
    fn take_out(&self, json: &mut Value) -> bool {
        let take = |found, inner| self.take_out(inner) | found;
        match json {
            Value::String(text) => {
                let mut found = false;
                for secret in &self.0 {
                    found |= redact_text(text, secret.expose());
                }
                found
            }
            Value::Array(all) => all.iter_mut().fold(false, take),
            Value::Object(all) => {
                let codes = |(name, value): &(&String, &mut Value)| {
                    value.is_string() && CODES.contains(&name.as_str())
                };
                let texts = all.iter_mut().filter(|member| !codes(member));
                texts.map(|(_, value)| value).fold(false, take)
            }
            _ => false,
        }
    }
}

/// Returns whether a secret was in a text, where it now is not.
fn redact_text(text: &mut String, secret: &str) -> bool {
    let mut redacted = String::new();
    let mut rest = 0;
    for (at, _) in text.match_indices(secret) {
        let end = at + secret.len();
        if secret.len() >= MIN_DISTINCT_LENGTH || is_delimited(&text[..at], &text[end..]) {
            redacted.push_str(&text[rest..at]);
            redacted.push_str("[..]");
            rest = end;
        }
    }
    let found = rest > 0;
    if found {
        redacted.push_str(&text[rest..]);
        *text = redacted;
    }
    found
}

/// Returns whether what is between these is a value: quoted, after a `:` or `=`, or all there is.
fn is_delimited(before: &str, after: &str) -> bool {
    const DELIMITERS: [char; 5] = ['"', '\'', '`', ':', '='];
    let after_name = before.trim_end().ends_with([':', '=']);
    let begins = before.is_empty() || before.ends_with(DELIMITERS) || after_name;
    begins && (after.is_empty() || after.starts_with(DELIMITERS))
}

/// The body for a server that wants its parameters as JSON.
fn of_json(request: &Request<Bytes>) -> Vec<Secret> {
    let members: Map<String, Value> = serde_json::from_slice(request.body()).unwrap_or_default();
    let secret = SECRETS
        .iter()
        .filter_map(|name| members.get(*name)?.as_str());
    secret.map(Secret::new).collect()
}

/// The client's secret in a Basic header, as it is and as it is written there.
fn of_basic(request: &Request<Bytes>) -> Vec<Secret> {
    let read = || {
        let header = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
        let decoded = STANDARD.decode(header.strip_prefix("Basic ")?).ok()?;
        let decoded = Secret::new(String::from_utf8(decoded).ok()?);
        let (_, written) = decoded.expose().split_once(':')?;
        let pair = format!("={written}");
        let meant = form_urlencoded::parse(pair.as_bytes()).next()?.1;
        Some(vec![Secret::new(written), Secret::new(meant)])
    };
    read().unwrap_or_default()
}

/// The token of a registration (RFC 7592).
fn of_bearer(request: &Request<Bytes>) -> Option<Secret> {
    let header = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    header.strip_prefix("Bearer ").map(Secret::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(request: &Request<Bytes>, status: u16, body: &'static str) -> String {
        let answer = Response::builder().status(status);
        let mut answer = answer.body(Bytes::from_static(body.as_bytes())).unwrap();
        SentSecrets::of(request).redact(&mut answer);
        String::from_utf8(answer.body().to_vec()).unwrap()
    }

    #[test]
    fn what_was_sent_is_not_in_the_error() {
        let form =
            Bytes::from_static(b"grant_type=refresh_token&refresh_token=a%2Fbcdefgh&scope=read");
        let request = Request::new(form);
        let refused = r#"{"error":"invalid_grant","error_description":"no a/bcdefgh for read"}"#;
        let shown = answer(&request, 400, refused);
        assert!(shown.contains("no [..] for read"), "{shown}");
        let nested = r#"{"error":{"message":"a/bcdefgh"}}"#;
        assert!(!answer(&request, 200, nested).contains("a/bcd"));
        let request = Request::new(Bytes::from_static(br#"{"refresh_token":"a/bcdefgh"}"#));
        assert!(!answer(&request, 400, refused).contains("a/bcd"));
    }

    #[test]
    fn neither_is_the_clients_secret() {
        let basic = STANDARD.encode("app:s3%2Fcret");
        let request = Request::builder().header("authorization", format!("Basic {basic}"));
        let request = request.body(Bytes::new()).unwrap();
        let shown = answer(
            &request,
            401,
            r#"{"error":"e","a":"s3/cret","b":["s3%2Fcret"]}"#,
        );
        assert_eq!(shown, r#"{"a":"[..]","b":["[..]"],"error":"e"}"#);
    }

    #[test]
    fn neither_is_the_token_of_a_registration() {
        let request = Request::builder().header("authorization", "Bearer t0ken-of-it");
        let request = request.body(Bytes::new()).unwrap();
        let body = r#"{"error":"invalid_token","error_description":"no t0ken-of-it"}"#;
        assert!(answer(&request, 401, body).contains("no [..]"));
    }

    #[test]
    fn a_short_secret_is_taken_out_where_it_is_a_value() {
        let request = Request::new(Bytes::from_static(b"password=wrong"));
        let shown = |description: &str| {
            let body = serde_json::json!({"error": "e", "error_description": description});
            let mut answer = Response::new(Bytes::from(body.to_string()));
            SentSecrets::of(&request).redact(&mut answer);
            let answer: Value = serde_json::from_slice(answer.body()).unwrap();
            answer["error_description"].as_str().unwrap().to_owned()
        };
        for (text, redacted) in [
            ("wrong", "[..]"),
            ("password: wrong", "password: [..]"),
            ("password=wrong", "password=[..]"),
            (
                "the password 'wrong' is wrong",
                "the password '[..]' is wrong",
            ),
            ("app:wrong", "app:[..]"),
        ] {
            assert_eq!(shown(text), redacted);
        }
        for word in [
            "its authentication is wrong",
            "wrong password",
            "a wrongly written secret",
            "wrong: the password is wrong.",
        ] {
            let expected = word
                .strip_prefix("wrong: ")
                .map(|rest| format!("[..]: {rest}"));
            assert_eq!(shown(word), expected.unwrap_or_else(|| word.to_owned()));
        }
    }

    #[test]
    fn all_else_stays_as_it_is() {
        let request = Request::new(Bytes::from_static(b"refresh_token=abcd&password=err"));
        for (status, body) in [
            (200, r#"{"access_token":"t", "refresh_token":"abcd"}"#),
            (400, r#"{"error": "abcd"}"#),
            (500, "<html>abcd"),
        ] {
            assert_eq!(answer(&request, status, body), body);
        }
    }
}
