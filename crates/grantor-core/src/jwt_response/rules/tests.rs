//! Each rule of an authorization response in a JWT, broken alone.

use grantor_jose::jwe::{self, ContentEncryption, DecryptionKey, KeyManagement};
use grantor_jose::jwt::Typ;
use grantor_jose::{Error, Key};
use serde_json::json;

use super::*;
use crate::ErrorCode;
use crate::authorization::AuthorizationError;

const ISSUER: &str = "https://idp.example";
const NOW: Timestamp = Timestamp::from_secs(1_000_000);

fn rules() -> JwtResponseRules {
    JwtResponseRules::new(&Issuer::parse(ISSUER).unwrap(), "app")
}

fn claims() -> Value {
    json!({"iss": ISSUER, "aud": "app", "exp": 1_000_300, "code": "c", "state": "s"})
}

fn validate(claims: &Value) -> Result<AuthorizationResponse, InvalidJwtResponse> {
    let key = Key::generate(Algorithm::Ps256).unwrap();
    let keys = key.public().cloned().into_iter().collect();
    rules().validate(&jwt::sign(&key, Typ::JWT, claims).unwrap(), &keys, NOW)
}

#[test]
fn a_good_response_gives_its_parameters_and_names_its_issuer() {
    let response = validate(&claims()).unwrap();
    assert_eq!(response.issuer.as_deref(), Some(ISSUER));
    let issuer = Issuer::parse(ISSUER).unwrap();
    assert_eq!(response.into_code("s", Some(&issuer), true), Ok("c".into()));
    let mut token = claims();
    token["access_token"] = json!("t");
    token["token_type"] = json!("Bearer");
    token["expires_in"] = json!(60);
    let granted = validate(&token).unwrap().outcome.unwrap();
    assert_eq!(granted.expires_in, Some(60));
}

#[test]
fn an_error_is_in_the_jwt_too() {
    let refused = json!({
        "iss": ISSUER, "aud": "app", "exp": 1_000_300, "error": "access_denied", "state": "s",
    });
    let refused = validate(&refused).unwrap().outcome.unwrap_err();
    assert_eq!(refused.error, ErrorCode::AccessDenied);
    let mut nothing = claims();
    nothing.as_object_mut().unwrap().remove("code");
    let empty = InvalidJwtResponse::Response(AuthorizationError::Empty);
    assert_eq!(validate(&nothing), Err(empty));
}

#[test]
fn issuer_audience_and_end_are_there_and_right() {
    for name in ["iss", "aud", "exp"] {
        let mut missing = claims();
        missing.as_object_mut().unwrap().remove(name);
        assert_eq!(validate(&missing), Err(Error::MissingClaim(name).into()));
    }
    for (name, value, error) in [
        ("iss", json!("https://idp.example/"), Error::WrongIssuer),
        ("aud", json!("another"), Error::WrongAudience),
        ("aud", json!(["app", "another"]), Error::WrongAudience),
        ("exp", json!(999_000), Error::Expired),
        // An ID token for the same client.
        ("sub", json!("ann"), Error::InvalidClaim("sub")),
    ] {
        let mut wrong = claims();
        wrong[name] = value;
        assert_eq!(validate(&wrong), Err(error.into()), "{name}");
    }
}

#[test]
fn the_signature_is_that_of_the_issuer_by_an_algorithm_that_is_allowed() {
    let [own, foreign] = [(); 2].map(|()| Key::generate(Algorithm::Es256).unwrap());
    let keys: KeySet = own.public().cloned().into_iter().collect();
    let sign = |key: &Key| jwt::sign(key, Typ::JWT, &claims()).unwrap();
    assert!(rules().validate(&sign(&own), &keys, NOW).is_ok());
    assert!(rules().validate(&sign(&foreign), &keys, NOW).is_err());
    let only = rules().with_algorithms([Algorithm::Ps256]);
    let refused = only.validate(&sign(&own), &keys, NOW).unwrap_err();
    assert_eq!(refused, Error::AlgorithmNotAllowed.into());
    let payload = sign(&own).split('.').nth(1).unwrap().to_owned();
    let none = grantor_jose::base64url::encode(r#"{"alg":"none"}"#);
    let unsigned = format!("{none}.{payload}.");
    assert!(rules().validate(&unsigned, &keys, NOW).is_err());
}

#[test]
fn an_encrypted_response_is_signed_inside() {
    let key = Key::generate(Algorithm::Es256).unwrap();
    let keys: KeySet = key.public().cloned().into_iter().collect();
    let own = DecryptionKey::generate_p256(KeyManagement::EcdhEs).unwrap();
    let to = own.encryption_key().unwrap();
    let encryption = ContentEncryption::A256Gcm;
    let token = jwt::sign_and_encrypt(&key, Typ::JWT, &claims(), &to, encryption).unwrap();
    let refused = rules().validate(&token, &keys, NOW);
    assert_eq!(refused, Err(InvalidJwtResponse::Encrypted));
    let decryption = TokenDecryption::new([own], jwe::Policy::new()).required();
    let rules = rules().with_decryption(decryption);
    assert!(rules.validate(&token, &keys, NOW).is_ok());
    let plain = jwt::sign(&key, Typ::JWT, &claims()).unwrap();
    let refused = rules.validate(&plain, &keys, NOW);
    assert_eq!(refused, Err(InvalidJwtResponse::NotEncrypted));
    let header = jwe::Header::new().with_content_type("JWT");
    let unsigned = claims().to_string();
    let unsigned = jwe::encrypt(&to, encryption, &header, unsigned.as_bytes()).unwrap();
    assert!(rules.validate(&unsigned, &keys, NOW).is_err());
}
