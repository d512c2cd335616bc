//! Tests of reading token sets of other programs.

use std::time::Duration;

use super::*;

const END: Timestamp = Timestamp::from_secs(1_767_225_600);

fn with(members: &str) -> String {
    format!(r#"{{"access_token":"hunter2","refresh_token":"rt",{members}}}"#)
}

fn end_of(members: &str) -> Option<Timestamp> {
    TokenSet::from_json(&with(members)).unwrap().expires_at
}

#[test]
fn an_end_is_read_in_every_form_that_a_library_writes() {
    for members in [
        r#""expires_at":1767225600"#,
        r#""expires_at":1767225600.0"#,
        r#""expires_at":"1767225600""#,
        r#""expires_at":"2026-01-01T00:00:00.000Z""#,
        r#""expiry":"2026-01-01T02:00:00.000000000+02:00""#,
        r#""expiry":"2026-01-01T00:00:00Z","expires_in":3600"#,
        r#""expiry_date":1767225600000,"scope":"a b","id_token":"i""#,
        r#""expires_at":1767225600,"expires_in":3600,"ext_expires_in":7200"#,
        r#""expires_at":1767225600,"expiry_date":1767225600000"#,
    ] {
        assert_eq!(end_of(members), Some(END), "{members}");
    }
}

#[test]
fn a_token_without_an_end_has_none() {
    for members in [
        r#""expires_at":null"#,
        r#""expires_in":null"#,
        r#""expired":false"#,
        r#""expiry":"0001-01-01T00:00:00Z""#,
        r#""scope":"expiry""#,
    ] {
        assert_eq!(end_of(members), None, "{members}");
    }
}

#[test]
fn what_looks_like_an_end_and_can_not_be_read_is_an_error_that_says_the_forms() {
    for members in [
        r#""expires_at":"tomorrow""#,
        r#""expires_at":1767225600000000"#,
        r#""expires_at":true"#,
        r#""expires_at":-1"#,
        r#""expires_at":1e300"#,
        r#""expires_at":[]"#,
        r#""expires":1767225600"#,
        r#""expiresAt":1767225600"#,
        r#""expires_on":"1767225600""#,
        r#""expiration":"2026-01-01T00:00:00Z""#,
        r#""exp":1767225600"#,
        r#""expiry":1767225600"#,
        r#""expiry":"2026-01-01""#,
        r#""expiry_date":"2026-01-01T00:00:00Z""#,
        r#""refresh_expires_at":1767225600,"expires_in":3600"#,
        r#""expires_at":1767225600,"expiry_date":1767225601000"#,
        r#""refresh_expires_at":"soon""#,
    ] {
        let error = TokenSet::from_json(&with(members)).unwrap_err();
        assert!(error.is_configuration(), "{members}");
        let shown = format!("{error} {error:?}");
        for form in ["\"expires_at\"", "\"expiry\"", "\"expiry_date\""] {
            assert!(error.to_string().contains(form), "{members}: {error}");
        }
        assert!(!shown.contains("hunter2") && !shown.contains("tomorrow"));
    }
}

#[test]
fn a_lifetime_counts_from_when_the_tokens_were_obtained() {
    let set = with(r#""expires_in":3600,"refresh_expires_in":7200"#);
    let error = TokenSet::from_json(&set).unwrap_err().to_string();
    assert!(error.contains("from_json_obtained_at"), "{error}");
    let read = TokenSet::from_json_obtained_at(&set, END).unwrap();
    assert_eq!(read.expires_at, Some(END + Duration::from_secs(3600)));
    let refresh_end = Some(END + Duration::from_secs(7200));
    assert_eq!(read.refresh_expires_at, refresh_end);
    let with_end = with(r#""expires_in":3600,"expires_at":1767225600"#);
    let read = TokenSet::from_json_obtained_at(&with_end, END).unwrap();
    assert_eq!(read.expires_at, Some(END));
}
