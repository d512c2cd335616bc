//! Tests of challenges.

use http::{HeaderMap, header};

use super::*;
use proptest::prelude::*;

fn read(value: impl AsRef<[u8]>) -> Vec<AuthenticateChallenge> {
    let mut headers = HeaderMap::new();
    let value = HeaderValue::from_bytes(value.as_ref()).unwrap();
    headers.insert(header::WWW_AUTHENTICATE, value);
    AuthenticateChallenge::from_headers(&headers)
}

/// Returns the error of the Bearer challenge when it comes after a challenge of the scheme
/// `other`.
fn error_behind(other: &str) -> Option<String> {
    let challenges = read(format!(r#"{other}, Bearer error="insufficient_scope""#));
    let bearer = challenges.iter().find(|one| one.is("Bearer"))?;
    bearer.get("error").map(str::to_owned)
}

#[test]
fn data_without_a_name_is_the_schemes() {
    for data in ["YII==", "YII=", "YII", "a+/._~-9"] {
        let other = format!("Negotiate  {data} ");
        assert_eq!(error_behind(&other).as_deref(), Some("insufficient_scope"));
        let challenges = read(&other);
        assert_eq!(challenges[0].token68.as_deref(), Some(data));
        assert_eq!(read(challenges[0].to_header()), challenges);
    }
    let none = read(r#"Basic realm="a", Digest realm = b"#);
    assert!(none.iter().all(|one| one.token68.is_none()));
    assert_eq!(none[1].get("realm"), Some("b"));
}

#[test]
fn what_is_malformed_hides_nothing_behind_it() {
    for other in [
        "=",
        "a=b",
        "Basic ==",
        "Basic @x",
        r#"Basic realm="a" "b, c""#,
        r#"Digest qop=, realm="a\", Bearer x=\"""#,
        "Größe",
    ] {
        let error = error_behind(other);
        assert_eq!(error.as_deref(), Some("insufficient_scope"), "{other}");
    }
}

#[test]
fn a_realm_may_be_beyond_ascii() {
    let realm = |header: &[u8]| read(header)[0].get("realm").map(str::to_owned);
    let utf_8 = r#"Bearer realm="Größe""#;
    assert_eq!(realm(utf_8.as_bytes()).as_deref(), Some("Größe"));
    assert_eq!(realm(b"Bearer realm=\"\xfc\"").as_deref(), Some("ü"));
}

#[test]
fn reads_several_challenges_of_one_header() {
    let challenges = read(r#"Basic realm="a, b", BEARER error="invalid_token", Scope=x ,DPoP"#);
    assert_eq!(challenges.len(), 3);
    assert_eq!(challenges[0].get("realm"), Some("a, b"));
    assert!(challenges[1].is("Bearer"));
    assert_eq!(challenges[1].get("error"), Some("invalid_token"));
    assert_eq!(challenges[1].get("scope"), Some("x"));
    assert!(challenges[2].is("dpop") && challenges[2].params.is_empty());
}

#[test]
fn values_may_hold_quotes() {
    let challenge = AuthenticateChallenge::new("Bearer").with("realm", r#"a"b\c"#);
    let header = challenge.to_header();
    assert_eq!(read(header.to_str().unwrap()), [challenge]);
}

proptest! {
    #[test]
    fn round_trips(values in proptest::collection::vec("[ -~]{0,10}", 0..4)) {
        let mut challenge = AuthenticateChallenge::new("Bearer");
        for (i, value) in values.into_iter().enumerate() {
            challenge = challenge.with(&format!("p{i}"), value);
        }
        prop_assert_eq!(read(challenge.to_header().to_str().unwrap()), vec![challenge]);
    }

    #[test]
    fn ends_on_any_text(text in "[ -~äß]{0,60}") {
        let _ = read(&text);
    }
}
