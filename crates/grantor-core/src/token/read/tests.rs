//! Tests of reading token responses.

use std::time::Duration;

use super::*;
use proptest::prelude::*;

fn answer(status: u16, body: &str) -> Result<TokenResponse, TokenError> {
    let response = Response::builder().status(status);
    TokenResponse::from_response(&response.body(body.as_bytes()).unwrap())
}

fn with(quirks: Quirks, content_type: &str, body: &str) -> Result<TokenResponse, TokenError> {
    let mut response = Response::builder();
    if !content_type.is_empty() {
        response = response.header(CONTENT_TYPE, content_type);
    }
    TokenResponse::from_response_with(&response.body(body).unwrap(), &quirks)
}

#[test]
fn an_error_with_status_200_is_an_error() {
    let error = answer(200, r#"{"error":"invalid_grant"}"#).unwrap_err();
    assert!(error.is_invalid_grant());
    assert!(!error.is_transient());
}

/// RFC 6749 section 3.2: "Request and response parameters MUST NOT be included more than once."
#[test]
fn a_member_that_is_there_twice_makes_no_token() {
    for body in [
        r#"{"access_token":"hunter2","token_type":"Bearer","access_token":"hunter2"}"#,
        r#"{"access_token":"hunter2","token_type":"Bearer","token_type":"DPoP"}"#,
        r#"{"error":"invalid_grant","error":"server_error"}"#,
    ] {
        let error = answer(200, body).unwrap_err().to_string();
        assert!(
            error.contains("a member twice") && !error.contains("hunter2"),
            "{error}"
        );
    }
}

#[test]
fn what_is_no_token_is_an_error_without_its_body() {
    for (status, body, transient) in [
        (200, "<html>hunter2", false),
        (200, "", false),
        (200, "access_token=hunter2", false),
        (
            200,
            r#"{"error":{"type":"hunter2"},"access_token":"t"}"#,
            false,
        ),
        (400, r#"{"access_token":"hunter2"}"#, false),
        (302, r#"{"access_token":"hunter2"}"#, false),
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
fn refusals_tell_a_spent_token_from_a_user_who_is_needed() {
    let spent = answer(200, r#"{"error":"bad_refresh_token"}"#).unwrap_err();
    assert!(spent.is_invalid_grant() && !spent.needs_user());
    for code in ["interaction_required", "login_required", "consent_required"] {
        let error = answer(400, &format!(r#"{{"error":"{code}"}}"#)).unwrap_err();
        assert!(error.needs_user() && !error.is_invalid_grant(), "{code}");
    }
    let client = answer(401, r#"{"error":"invalid_client"}"#).unwrap_err();
    assert!(!client.needs_user() && !client.is_invalid_grant());
}

#[test]
fn says_what_really_came() {
    for (status, header, value, body, expected) in [
        (
            302,
            "location",
            "https://login.example/?code=hunter2",
            "",
            "redirects to login.example",
        ),
        (
            307,
            "location",
            "/hunter2",
            "<html>",
            "redirects to another place on the same host",
        ),
        (
            302,
            "location",
            "https://login.example",
            "{}",
            "redirects to login.example",
        ),
        (
            200,
            "content-encoding",
            "gzip",
            "\x1f\x08",
            "compressed with \"gzip\"",
        ),
        (
            400,
            "content-encoding",
            "br",
            "\x1b",
            "compressed with \"br\"",
        ),
        (
            200,
            "content-type",
            "text/csv; charset=utf-8",
            "a,b",
            "is \"text/csv\", not JSON",
        ),
        (
            200,
            "content-type",
            "application/json",
            "hunter2",
            "is not JSON",
        ),
    ] {
        let response = Response::builder().status(status).header(header, value);
        let error = TokenResponse::from_response(&response.body(body).unwrap()).unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains(expected) && text.contains(&status.to_string()),
            "{text}"
        );
        assert!(!format!("{text} {error:?}").contains("hunter2"), "{text}");
    }
}

#[test]
fn a_refusal_counts_more_than_the_status_or_the_place_it_leads_to() {
    let response = Response::builder()
        .status(302)
        .header("location", "https://x.example");
    let body = r#"{"error":"invalid_grant"}"#;
    let error = TokenResponse::from_response(&response.body(body).unwrap()).unwrap_err();
    assert!(error.is_invalid_grant());
}

#[test]
fn a_byte_order_mark_is_passed_over() {
    let token = answer(200, "\u{feff}{\"access_token\":\"t\"}").unwrap();
    assert_eq!(token.access_token, "t".into());
}

#[test]
fn reads_retry_after() {
    let response = Response::builder().status(429).header("retry-after", "7");
    let error = TokenResponse::from_response(&response.body("").unwrap()).unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
}

#[test]
fn a_date_in_retry_after_is_held_against_that_of_the_answer() {
    let pause = |date: Option<&str>, after: &str| {
        let mut response = Response::builder().status(503).header("retry-after", after);
        if let Some(date) = date {
            response = response.header("date", date);
        }
        let error = TokenResponse::from_response(&response.body("").unwrap()).unwrap_err();
        error.retry_after()
    };
    let date = Some("Wed, 21 Oct 2015 07:28:00 GMT");
    let minute = Some(Duration::from_secs(60));
    assert_eq!(pause(date, "Wed, 21 Oct 2015 07:29:00 GMT"), minute);
    assert_eq!(
        pause(date, "Wed, 21 Oct 2015 07:27:00 GMT"),
        Some(Duration::ZERO)
    );
    let hour = Some(Duration::from_secs(3600));
    assert_eq!(pause(date, "Thu, 21 Oct 2021 07:29:00 GMT"), hour);
    assert_eq!(pause(None, "Wed, 21 Oct 2015 07:29:00 GMT"), None);
    assert_eq!(pause(date, "soon"), None);
}

#[test]
fn an_error_that_says_nothing_is_none() {
    for error in ["null", "false", "0", r#""""#] {
        let body = format!(r#"{{"access_token":"t","error":{error}}}"#);
        assert!(answer(200, &body).is_ok(), "{error}");
    }
}

#[test]
fn a_form_is_read_where_it_says_that_it_is_one() {
    let quirks = Quirks {
        answer: AnswerEncoding::JsonOrForm,
        ..Quirks::NONE
    };
    let form = "access_token=t&expires_in=60&scope=a+b";
    for content_type in [
        "",
        "text/plain; charset=UTF-8",
        "Application/x-www-form-urlencoded",
    ] {
        let token = with(quirks, content_type, form).unwrap();
        assert_eq!(token.access_token, "t".into());
        assert_eq!(token.expires_in, Some(Duration::from_secs(60)));
        assert_eq!(token.scope.unwrap().as_str(), "a b");
    }
    assert!(with(quirks, "text/html", form).is_err());
    assert!(with(quirks, "application/json", form).is_err());
    assert!(with(quirks, "text/plain", r#"{"access_token":"t"}"#).is_ok());
    let refused = with(quirks, "text/plain", "error=invalid_grant").unwrap_err();
    assert!(refused.is_invalid_grant());
}

#[test]
fn a_token_is_read_where_the_server_has_it() {
    let quirks = Quirks {
        token_at: Some("/authed_user"),
        answer_scope: ScopeSeparator::Comma,
        token_type: TokenTypeMeaning::AlwaysBearer,
        ..Quirks::NONE
    };
    let body = r#"{"access_token":"bot","authed_user":
        {"access_token":"user","scope":"a,b","token_type":"user"}}"#;
    let token = with(quirks, "", body).unwrap();
    assert_eq!(token.access_token, "user".into());
    assert_eq!(token.scope.unwrap().as_str(), "a b");
    assert_eq!(token.token_type, "Bearer");
    // The token of another is not taken instead.
    for no_token in ["{}", "[]", "7"] {
        let body = format!(r#"{{"access_token":"bot","authed_user":{no_token}}}"#);
        assert!(with(quirks, "", &body).is_err(), "{body}");
    }
    let refreshed = with(quirks, "", r#"{"access_token":"user"}"#);
    assert_eq!(refreshed.unwrap().access_token, "user".into());
}

#[test]
fn members_in_camel_case_and_a_lifetime_by_another_name() {
    let quirks = Quirks {
        member_names: MemberNames::CamelCase,
        lifetime_member: Some("expires"),
        ..Quirks::NONE
    };
    let body = r#"{"accessToken":"t","refreshToken":"r","expires":"60"}"#;
    let token = with(quirks, "", body).unwrap();
    assert_eq!(token.refresh_token, Some("r".into()));
    assert_eq!(token.expires_in, Some(Duration::from_secs(60)));
}

#[test]
fn an_error_is_read_where_the_server_has_it() {
    let quirks = Quirks {
        error_at: Some("/errors/0/a~1b"),
        ..Quirks::NONE
    };
    let refused = with(quirks, "", r#"{"errors":[{"a/b":"invalid_grant"}]}"#);
    assert!(refused.unwrap_err().is_invalid_grant());
    let refused = with(quirks, "", r#"{"error":"invalid_grant"}"#);
    assert!(refused.unwrap_err().is_invalid_grant());
}

proptest! {
    #[test]
    fn never_panics(body: Vec<u8>, pointer in prop_oneof![Just("/a"), Just("/"), Just(""), Just("a")]) {
        let quirks = Quirks {
            answer: AnswerEncoding::JsonOrForm,
            member_names: MemberNames::CamelCase,
            token_at: Some(pointer),
            error_at: Some(pointer),
            ..Quirks::NONE
        };
        let response = Response::new(body);
        let _ = TokenResponse::from_response(&response);
        let _ = TokenResponse::from_response_with(&response, &quirks);
    }
}
