//! Tests of error responses.

use super::*;

#[test]
fn round_trips_as_json_and_as_parameters() {
    let error = ErrorResponse {
        error: ErrorCode::InvalidScope,
        description: Some("\"x\" is unknown".into()),
        uri: Some("https://a.example/e".into()),
    };
    let json = serde_json::from_str::<Value>(&error.to_json()).unwrap();
    let json = json.as_object().unwrap();
    assert_eq!(ErrorResponse::from_json(json), Some(error.clone()));
    let mut params = Params::new();
    error.push_to(&mut params);
    assert_eq!(ErrorResponse::from_params(&params), Some(error));
}

#[test]
fn codes_say_what_becomes_of_what_was_presented() {
    let judge = |code: &str| {
        let code = ErrorCode::from(code);
        (code.is_invalid_grant(), code.needs_user(), code.is_denied())
    };
    for code in [
        "invalid_grant",
        "bad_refresh_token",
        "bad_verification_code",
    ] {
        assert_eq!(judge(code), (true, false, false), "{code}");
    }
    for code in [
        "login_required",
        "consent_required",
        "interaction_required",
        "account_selection_required",
    ] {
        assert_eq!(judge(code), (false, true, false), "{code}");
    }
    for code in ["access_denied", "authorization_declined"] {
        assert_eq!(judge(code), (false, false, true), "{code}");
    }
    for code in ["invalid_client", "invalid_scope", "server_error", "own"] {
        assert_eq!(judge(code), (false, false, false), "{code}");
    }
}

#[test]
fn text_of_a_peer_is_tamed() {
    let params = Params::parse(b"error=a%0ab&error_description=x%1b[2Jy").unwrap();
    let error = ErrorResponse::from_params(&params).unwrap();
    assert_eq!(error.to_string(), "ab (x[2Jy)");
}

#[test]
fn an_error_that_can_not_be_shown_is_one() {
    let params = Params::parse(b"code=abc&error=%13%00&error_description=%13").unwrap();
    let error = ErrorResponse::from_params(&params).unwrap();
    assert_eq!(error.error, ErrorCode::Other("unreadable".to_owned()));
    assert_eq!(error.description, None);
    let json = serde_json::json!({ "access_token": "abc", "error": "\u{13}" });
    let error = ErrorResponse::from_json(json.as_object().unwrap()).unwrap();
    assert_eq!(error.error.as_str(), "unreadable");
    let json = serde_json::json!({ "access_token": "abc", "error": "" });
    assert_eq!(ErrorResponse::from_json(json.as_object().unwrap()), None);
}
