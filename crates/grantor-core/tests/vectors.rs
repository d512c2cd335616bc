//! The tables of `vectors/` against the types that they are about.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use grantor_core::{ChallengeMethod, CodeChallenge, CodeVerifier, RedirectUri};
use serde_json::Value;

fn cases(json: &str) -> Vec<Value> {
    let table: Value = serde_json::from_str(json).unwrap();
    table["cases"].as_array().unwrap().clone()
}

/// Decides as a server with S256 does.
fn proves(case: &Value) -> bool {
    let challenge = case["challenge"].as_str();
    let verifier = case["verifier"].as_str().filter(|text| !text.is_empty());
    let (Some(challenge), Some(verifier)) = (challenge, verifier) else {
        return challenge.is_none() && verifier.is_none();
    };
    match (
        CodeChallenge::parse(challenge, case["method"].as_str()),
        CodeVerifier::parse(verifier),
    ) {
        (Ok(challenge), Ok(verifier)) => challenge.verify(&verifier),
        _ => false,
    }
}

#[test]
fn pkce_table() {
    let cases = cases(include_str!("../../../vectors/core/pkce.json"));
    let (mut good, mut bad) = (0, 0);
    for case in &cases {
        let expected = case["ok"].as_bool().unwrap();
        assert_eq!(proves(case), expected, "{}", case["id"]);
        *(if expected { &mut good } else { &mut bad }) += 1;
    }
    assert_eq!((good, bad), (6, 12));
}

#[test]
fn a_challenge_without_a_method_is_plain() {
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let challenge = CodeChallenge::parse(verifier, None).unwrap();
    assert_eq!(challenge.method, ChallengeMethod::Plain);
}

#[test]
fn redirect_uri_table() {
    let cases = cases(include_str!(
        "../../../vectors/core/redirect-uri-matching.json"
    ));
    let (mut good, mut bad) = (0, 0);
    for case in &cases {
        let registered = case["registered"].as_str().unwrap();
        let requested = case["requested"].as_str().unwrap();
        let expected = case["match"].as_bool().unwrap();
        let matches = RedirectUri::parse(registered).is_ok_and(|uri| uri.matches(requested));
        assert_eq!(
            matches, expected,
            "{registered} {requested}: {}",
            case["why"]
        );
        *(if expected { &mut good } else { &mut bad }) += 1;
    }
    assert_eq!((good, bad), (7, 40));
}
