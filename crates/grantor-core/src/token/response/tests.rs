//! Tests of token responses.

use super::*;
use proptest::prelude::*;

fn read(json: &str) -> Result<TokenResponse, &'static str> {
    let json = serde_json::from_str::<Value>(json).unwrap();
    TokenResponse::from_json(json.as_object().unwrap().clone())
}

#[test]
fn a_missing_token_type_is_bearer() {
    let token = read(r#"{"access_token":"t"}"#).unwrap();
    assert_eq!(token.token_type, "Bearer");
}

#[test]
fn another_token_type_is_kept() {
    let token = read(r#"{"access_token":"t","token_type":"DPoP"}"#).unwrap();
    assert_eq!(token.token_type, "DPoP");
}

#[test]
fn a_scope_may_be_an_array_or_null() {
    let scope = |text: &str| {
        let read = read(&format!(r#"{{"access_token":"t","scope":{text}}}"#));
        read.map(|token| token.scope.map(String::from))
    };
    assert_eq!(scope(r#"["a","b"]"#), Ok(Some("a b".into())));
    assert_eq!(scope("null"), Ok(None));
    assert_eq!(scope(r#""""#), Ok(None));
}

#[test]
fn what_a_token_can_do_without_makes_no_answer_unreadable() {
    for member in [
        r#""scope":["a",1]"#,
        r#""scope":"a\"b""#,
        r#""expires_in":-1"#,
        r#""expires_in":"soon""#,
        r#""expires_in":true"#,
    ] {
        let json = format!(r#"{{"access_token":"t","refresh_token":"r",{member}}}"#);
        let token = read(&json).unwrap();
        assert_eq!(token.refresh_token, Some(Secret::new("r")), "{member}");
        assert_eq!((token.scope, token.expires_in), (None, None), "{member}");
    }
}

#[test]
fn reads_the_lifetime_of_a_refresh_token_by_both_names() {
    let lifetime = |members: &str| {
        let token = read(&format!(r#"{{"access_token":"t",{members}}}"#)).unwrap();
        assert!(token.extra.is_empty(), "{members}");
        token.refresh_token_expires_in.map(|d| d.as_secs())
    };
    assert_eq!(lifetime(r#""refresh_expires_in":1800"#), Some(1800));
    assert_eq!(lifetime(r#""refresh_token_expires_in":"60""#), Some(60));
    assert_eq!(lifetime(r#""refresh_expires_in":0"#), None);
    assert_eq!(lifetime(r#""refresh_expires_in":"soon""#), None);
}

#[test]
fn debug_shows_no_further_member() {
    let token = read(r#"{"access_token":"t","authed_user":{"access_token":"hunter2"}}"#);
    let shown = format!("{token:?}");
    assert!(
        shown.contains("authed_user") && !shown.contains("hunter2"),
        "{shown}"
    );
}

#[test]
fn reads_what_kind_of_token_was_exchanged() {
    let jwt = crate::token_type::JWT;
    let json = format!(r#"{{"access_token":"t","token_type":"N_A","issued_token_type":"{jwt}"}}"#);
    assert_eq!(read(&json).unwrap().issued_token_type(), Some(jwt));
}

proptest! {
    #[test]
    fn round_trips(
        access_token in "\\PC{1,20}",
        expires_in in proptest::option::of(0u64..1_000_000),
        refresh_token_expires_in in proptest::option::of(1u64..1_000_000),
        refresh_token in proptest::option::of("\\PC{1,20}"),
        scope in proptest::option::of("[a-z]{1,5}"),
        extra in proptest::option::of("\\PC{0,9}"),
    ) {
        let mut token = TokenResponse::bearer(access_token.as_str());
        token.expires_in = expires_in.map(Duration::from_secs);
        token.refresh_token = refresh_token.map(Secret::new);
        token.refresh_token_expires_in = refresh_token_expires_in.map(Duration::from_secs);
        token.scope = scope.map(|text| Scope::parse(&text).unwrap());
        if let Some(extra) = extra {
            token.extra.insert("x\"y".into(), extra.into());
        }
        prop_assert_eq!(read(&token.to_json()).unwrap(), token);
    }
}
