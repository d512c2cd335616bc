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

/// The parameters that are no secret. Any other may be one: a program adds what its server wants.
const PUBLIC: [&str; 12] = [
    "actor_token_type",
    "audience",
    "client_assertion_type",
    "client_id",
    "grant_type",
    "redirect_uri",
    "requested_token_type",
    "resource",
    "scope",
    "subject_token_type",
    "token_type_hint",
    "username",
];

/// Members whose values are for programs: a word of small letters stays as it is there.
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
        let secret = pairs.filter(|(name, _)| !PUBLIC.contains(&&**name));
        let all = secret.map(|(_, value)| Secret::new(value));
        let all = all.chain(of_json(request)).chain(of_basic(request));
        let all = all.chain(of_bearer(request));
        let mut all: Vec<_> = all.flat_map(with_encoded).collect();
        all.retain(|secret| secret.expose().len() >= MIN_LENGTH);
        // A longer one first: the end of it would stay if a shorter one began it.
        all.sort_by_key(|secret| std::cmp::Reverse(secret.expose().len()));
        Self(all)
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

    /// Returns whether there was any. A code stays unchanged that is a word: a user who chose
    /// "invalid_grant" for a password would change what an error means.
    fn take_out(&self, json: &mut Value) -> bool {
        let take = |found, inner| self.take_out(inner) | found;
        match json {
            Value::String(text) => self.take_out_of(text, |_| true),
            Value::Array(all) => all.iter_mut().fold(false, take),
            Value::Object(all) => all.iter_mut().fold(false, |found, (name, value)| {
                let taken = match value {
                    Value::String(code) if CODES.contains(&name.as_str()) => {
                        self.take_out_of(code, is_no_word)
                    }
                    value => self.take_out(value),
                };
                found | taken
            }),
            _ => false,
        }
    }

    /// Takes those secrets out of a text that are meant.
    fn take_out_of(&self, text: &mut String, meant: impl Fn(&str) -> bool) -> bool {
        let secrets = self.0.iter().map(Secret::expose);
        secrets
            .filter(|secret| meant(secret))
            .fold(false, |found, secret| redact_text(text, secret) | found)
    }
}

/// Returns whether a secret is long, and not a word as codes are.
fn is_no_word(secret: &str) -> bool {
    let of_a_word = |byte: &u8| byte.is_ascii_lowercase() || *byte == b'_';
    secret.len() >= MIN_DISTINCT_LENGTH && !secret.as_bytes().iter().all(of_a_word)
}

/// A secret as it is, and as forms and URLs write it: a server may repeat what it read, or the text of
/// the request.
fn with_encoded(secret: Secret) -> Vec<Secret> {
    let form: String = form_urlencoded::byte_serialize(secret.expose().as_bytes()).collect();
    if form == secret.expose() {
        return vec![secret];
    }
    let url = form.replace('+', "%20");
    let mut all = vec![secret];
    for encoded in [&form, &url] {
        all.push(Secret::new(encoded.as_str()));
        all.push(Secret::new(with_small_digits(encoded)));
    }
    all.dedup_by(|a, b| a.expose() == b.expose());
    all
}

/// The same with the small digits of hexadecimal numbers.
fn with_small_digits(encoded: &str) -> String {
    let mut parts = encoded.split('%');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (digits, rest) = part.split_at(part.len().min(2));
        text.push('%');
        text.push_str(&digits.to_ascii_lowercase());
        text.push_str(rest);
    }
    text
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
    let secret = members
        .iter()
        .filter(|(name, _)| !PUBLIC.contains(&name.as_str()));
    let secret = secret.filter_map(|(_, value)| value.as_str());
    secret.map(Secret::new).collect()
}

/// The client's secret in a Basic header, as it is and as it is written there, and the header itself:
/// gateways repeat headers that they don't like.
fn of_basic(request: &Request<Bytes>) -> Vec<Secret> {
    let header = request.headers().get(AUTHORIZATION);
    let header = header.and_then(|header| header.to_str().ok()?.split_once(' '));
    let Some((scheme, credentials)) = header else {
        return Vec::new();
    };
    let padding = credentials.trim_end_matches('=');
    let mut all = vec![Secret::new(credentials), Secret::new(padding)];
    let read = || {
        let decoded = STANDARD.decode(credentials).ok()?;
        let decoded = Secret::new(String::from_utf8(decoded).ok()?);
        let (_, written) = decoded.expose().split_once(':')?;
        let pair = format!("={written}");
        let meant = form_urlencoded::parse(pair.as_bytes()).next()?.1;
        Some([Secret::new(written), Secret::new(meant)])
    };
    if scheme.eq_ignore_ascii_case("basic") {
        all.extend(read().into_iter().flatten());
    }
    all
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
    fn it_is_taken_out_however_it_is_written() {
        let basic = STANDARD.encode("app:Cl1ent/s3cret=");
        let request = Request::builder().header("authorization", format!("Basic {basic}"));
        let form = "refresh_token=r%2FFresh%2Btoken&password=a%20%22b%C3%A9cde";
        let request = request.body(Bytes::from_static(form.as_bytes())).unwrap();
        for sent in [
            &basic,
            basic.trim_end_matches('='),
            "r/Fresh+token",
            "r%2FFresh%2Btoken",
            "r%2fFresh%2btoken",
            "a \"b\u{e9}cde",
            "a+%22b%C3%A9cde",
            "a%20%22b%c3%a9cde",
            "Cl1ent/s3cret=",
            "Cl1ent%2Fs3cret%3D",
        ] {
            let named = format!("the header \"Basic {sent}\" is malformed");
            for body in [
                serde_json::json!({ "error": "e", "error_description": named }),
                serde_json::json!({ "error": sent }),
                serde_json::json!({ "code": 1, "error": { "type": named } }),
            ] {
                let mut answer = Response::new(Bytes::from(body.to_string()));
                SentSecrets::of(&request).redact(&mut answer);
                let shown = String::from_utf8(answer.body().to_vec()).unwrap();
                let sent = sent.trim_end_matches('=');
                assert!(
                    !shown.contains(sent) && shown.contains("[..]"),
                    "{sent}: {shown}"
                );
            }
        }
    }

    #[test]
    fn a_code_stays_that_somebody_chose_for_a_password() {
        let request = Request::new(Bytes::from_static(b"password=invalid_grant"));
        let body = r#"{"error":"invalid_grant","error_description":"invalid_grant"}"#;
        let shown = answer(&request, 400, body);
        assert!(shown.contains(r#""error":"invalid_grant""#), "{shown}");
        assert!(shown.contains(r#""error_description":"[..]""#), "{shown}");
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
