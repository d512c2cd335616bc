//! Answers of the UserInfo endpoint, plain, signed and encrypted.

use grantor_jose::jwe::{self, ContentEncryption, DecryptionKey, KeyManagement};
use grantor_jose::jwt::{self, Typ};
use grantor_jose::{Algorithm, Key};
use serde_json::json;

use super::*;
use crate::issuer::Issuer;
use crate::openid::{IssuerRule, TokenDecryption};

const ISSUER: &str = "https://idp.example";

fn rules() -> IdTokenRules {
    let issuer = Issuer::parse(ISSUER).unwrap();
    IdTokenRules::new(IssuerRule::exactly(&issuer), "app")
}

fn answer(content_type: &str, body: &str) -> Response<String> {
    let answer = Response::builder().header(header::CONTENT_TYPE, content_type);
    answer.body(body.to_owned()).unwrap()
}

fn read(
    answer: &Response<String>,
    rules: &IdTokenRules,
    keys: &KeySet,
) -> Result<UserInfo, InvalidUserInfo> {
    UserInfo::from_response(answer, ("ann", ISSUER), rules, keys)
}

#[test]
fn plain_json_is_of_the_same_user() {
    let none = KeySet::new();
    let json = |body| {
        read(
            &answer("application/json; charset=utf-8", body),
            &rules(),
            &none,
        )
    };
    let info = json(r#"{"sub":"ann","name":"Ann","_claim_names":{"a":"b"}}"#).unwrap();
    assert_eq!(info.text("name"), Some("Ann"));
    assert!(info.claims.contains_key("_claim_names"));
    assert!(!format!("{info:?}").contains("Ann"));
    for (body, error) in [
        (r#"{"sub":"bob"}"#, InvalidUserInfo::OtherSubject),
        (r#"{"sub":"ANN"}"#, InvalidUserInfo::OtherSubject),
        (r#"{"sub":7}"#, InvalidUserInfo::NoSubject),
        (r#"{"name":"Ann"}"#, InvalidUserInfo::NoSubject),
        (r#"{"sub":"ann","sub":"bob"}"#, InvalidUserInfo::Malformed),
        ("[]", InvalidUserInfo::Malformed),
        ("<html>", InvalidUserInfo::Malformed),
    ] {
        assert_eq!(json(body), Err(error), "{body}");
    }
}

#[test]
fn a_signed_answer_is_for_this_client() {
    let key = Key::generate(Algorithm::Es256).unwrap();
    let keys: KeySet = key.public().cloned().into_iter().collect();
    let signed = |claims: &Value| {
        let token = jwt::sign(&key, Typ::JWT, claims).unwrap();
        read(&answer("application/jwt", &token), &rules(), &keys)
    };
    let good = json!({"iss": ISSUER, "aud": ["app"], "sub": "ann", "name": "Ann"});
    let info = signed(&good).unwrap();
    assert_eq!(info.claims.keys().collect::<Vec<_>>(), ["name"]);
    assert!(signed(&json!({"sub": "ann"})).is_ok());
    for (name, value) in [
        ("iss", json!("https://evil.example")),
        ("aud", json!("other")),
    ] {
        let mut wrong = good.clone();
        wrong[name] = value;
        assert_eq!(signed(&wrong), Err(InvalidUserInfo::Meant(name)));
    }
    let mut other = good.clone();
    other["sub"] = "bob".into();
    assert_eq!(signed(&other), Err(InvalidUserInfo::OtherSubject));
    let token = jwt::sign(&key, Typ::JWT, &good).unwrap();
    let unknown = read(&answer("application/jwt", &token), &rules(), &KeySet::new());
    assert!(unknown.unwrap_err().may_have_newer_key());
    let unsigned = answer("application/jwt", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4ifQ.");
    assert!(read(&unsigned, &rules(), &keys).is_err());
}

#[test]
fn an_encrypted_answer_takes_a_key() {
    let key = DecryptionKey::generate(KeyManagement::EcdhEs).unwrap();
    let recipient = key.encryption_key().unwrap();
    let encrypted = jwe::encrypt(
        &recipient,
        ContentEncryption::A128Gcm,
        &jwe::Header::new(),
        br#"{"sub":"ann"}"#,
    );
    let answer = answer("application/jwt", &encrypted.unwrap());
    let none = KeySet::new();
    let refused = read(&answer, &rules(), &none);
    assert_eq!(refused, Err(InvalidUserInfo::Encrypted));
    let decryption = TokenDecryption::new([key], jwe::Policy::new());
    let decrypting = rules().with_decryption(decryption.clone());
    assert_eq!(read(&answer, &decrypting, &none).unwrap().subject, "ann");
    let plain = self::answer("application/json", r#"{"sub":"ann"}"#);
    assert!(read(&plain, &decrypting, &none).is_ok());
    let only = rules().with_decryption(decryption.required());
    let refused = read(&plain, &only, &none);
    assert_eq!(refused, Err(InvalidUserInfo::NotEncrypted));
}
