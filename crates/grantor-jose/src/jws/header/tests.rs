//! Tests of headers of a JWS.

use serde_json::json;

use super::*;

#[test]
fn another_member_never_stands_in_for_one_of_the_keys_own() {
    let header = Header::new()
        .with_member("x5t", json!("old"))
        .with_member("alg", json!("none"))
        .with_member("x5t", json!("new"));
    let mut out = Vec::new();
    header.push(Algorithm::Es256, "k", &mut out);
    let json: Value = serde_json::from_slice(&base64url::decode(&out).unwrap()).unwrap();
    assert_eq!(json, json!({"alg": "ES256", "kid": "k", "x5t": "new"}));
}

#[test]
fn crit_must_be_one_extension_that_is_there_and_understood() {
    let check = |header: Value| {
        let member = |name| header.get(name).cloned().map(Member::from);
        let (critical, encoded) = (member("crit"), member("b64"));
        extensions(critical.as_ref(), encoded.as_ref(), Extensions::Unencoded)
    };
    assert_eq!(check(json!({})), Ok(false));
    assert_eq!(check(json!({"crit": ["b64"], "b64": true})), Ok(false));
    assert_eq!(check(json!({"crit": ["b64"], "b64": false})), Ok(true));
    let invalid = |name| Err(Error::InvalidHeader(name));
    assert_eq!(check(json!({"b64": false})), invalid("b64"));
    assert_eq!(check(json!({"crit": ["b64"]})), invalid("b64"));
    assert_eq!(
        check(json!({"crit": ["b64"], "b64": "false"})),
        invalid("b64")
    );
    assert_eq!(check(json!({"crit": ["b64"], "b64": 0})), invalid("b64"));
    assert_eq!(check(json!({"crit": []})), invalid("crit"));
    assert_eq!(check(json!({"crit": "b64", "b64": false})), invalid("crit"));
    assert_eq!(check(json!({"crit": [1]})), invalid("crit"));
    let unknown = Err(Error::CriticalHeader);
    assert_eq!(check(json!({"crit": ["exp"], "exp": 1})), unknown);
    assert_eq!(
        check(json!({"crit": ["b64", "b64"], "b64": false})),
        unknown
    );
    assert_eq!(check(json!({"crit": ["alg"], "alg": "ES256"})), unknown);
}
