//! Each rule of an ID token, broken alone.

use std::time::Duration;

use grantor_jose::jwe::{self, ContentEncryption, DecryptionKey, KeyManagement};
use grantor_jose::jwt::{self, Typ};
use grantor_jose::{Algorithm, Error, Key, KeySet, Timestamp};
use serde_json::{Value, json};

use super::*;
use crate::issuer::Issuer;
use crate::openid::IssuedBy;

const ISSUER: &str = "https://idp.example";
const NOW: Timestamp = Timestamp::from_secs(1_000_000);

struct Signing {
    key: Key,
    keys: KeySet,
}

impl Signing {
    fn new() -> Self {
        let key = Key::generate(Algorithm::Es256).unwrap();
        let keys = key.public().cloned().into_iter().collect();
        Self { key, keys }
    }

    fn sign(&self, claims: &Value) -> String {
        jwt::sign(&self.key, Typ::JWT, claims).unwrap()
    }
}

fn rules() -> IdTokenRules {
    let issuer = Issuer::parse(ISSUER).unwrap();
    IdTokenRules::new(IssuerRule::exactly(&issuer), "app").with_nonce("n1")
}

fn claims() -> Value {
    json!({
        "iss": ISSUER, "sub": "ann", "aud": "app", "nonce": "n1",
        "iat": 999_990, "exp": 1_000_300,
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

fn validate(
    rules: &IdTokenRules,
    claims: &Value,
    with: &Accompanying<'_>,
) -> Result<IdToken, InvalidIdToken> {
    let signing = Signing::new();
    rules.validate(&signing.sign(claims), &signing.keys, with, NOW)
}

#[test]
fn a_good_token_says_who_signed_in() {
    let mut claims = with("sid", json!("s1"));
    claims["email"] = json!("ann@example.com");
    claims["aud"] = json!(["app"]);
    let id_token = validate(&rules(), &claims, &Accompanying::default()).unwrap();
    assert_eq!((id_token.subject(), id_token.issuer()), ("ann", ISSUER));
    assert_eq!(id_token.session_id(), Some("s1"));
    assert_eq!(id_token.text("email"), Some("ann@example.com"));
    assert!(!format!("{id_token:?}").contains("ann"));
}

#[test]
fn each_registered_claim_is_checked() {
    for (claims, error) in [
        (
            with("iss", json!("https://idp.example/")),
            Error::WrongIssuer,
        ),
        (with("aud", json!("other")), Error::WrongAudience),
        (with("aud", json!(["app", "other"])), Error::WrongAudience),
        (with("azp", json!("other")), Error::WrongAuthorizedParty),
        (with("nonce", json!("n2")), Error::WrongNonce),
        (with("exp", json!(999_900)), Error::Expired),
        (with("iat", json!(1_000_100)), Error::NotYetValid),
        (
            with("sub", json!("x".repeat(256))),
            Error::InvalidClaim("sub"),
        ),
    ] {
        let outcome = validate(&rules(), &claims, &Accompanying::default());
        assert_eq!(outcome, Err(error.into()), "{claims}");
    }
    for name in ["iss", "sub", "aud", "exp", "iat", "nonce"] {
        let mut claims = claims();
        claims.as_object_mut().unwrap().remove(name);
        let outcome = validate(&rules(), &claims, &Accompanying::default());
        assert_eq!(outcome, Err(Error::MissingClaim(name).into()));
    }
}

#[test]
fn hashes_bind_what_came_with_it() {
    let (access_token, code, state) = ("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y", "code", "st");
    let half = |text| Algorithm::Es256.half_hash(text);
    let all = Accompanying {
        issued_by: IssuedBy::AuthorizationEndpoint,
        access_token: Some(access_token),
        code: Some(code),
        state: Some(state),
    };
    let mut good = claims();
    good["at_hash"] = half(access_token).into();
    good["c_hash"] = half(code).into();
    assert!(validate(&rules(), &good, &all).is_ok());
    good["s_hash"] = half(state).into();
    assert!(validate(&rules(), &good, &all).is_ok());
    for name in ["at_hash", "c_hash", "s_hash"] {
        let mut wrong = good.clone();
        wrong[name] = half("another").into();
        let error = Err(InvalidIdToken::WrongHash(name));
        assert_eq!(validate(&rules(), &wrong, &all), error);
        let at_token_endpoint = Accompanying {
            issued_by: IssuedBy::TokenEndpoint,
            ..all
        };
        assert_eq!(validate(&rules(), &wrong, &at_token_endpoint), error);
        wrong[name] = json!(7);
        let error = Err(Error::InvalidClaim(name).into());
        assert_eq!(validate(&rules(), &wrong, &all), error);
    }
    for name in ["at_hash", "c_hash"] {
        let mut without = good.clone();
        without.as_object_mut().unwrap().remove(name);
        let error = Err(InvalidIdToken::MissingHash(name));
        assert_eq!(validate(&rules(), &without, &all), error);
    }
    // From the token endpoint, hashes may be left out.
    let at_token_endpoint = Accompanying {
        access_token: Some(access_token),
        ..Accompanying::default()
    };
    assert!(validate(&rules(), &claims(), &at_token_endpoint).is_ok());
}

#[test]
fn the_time_and_the_class_of_the_authentication_are_demanded() {
    let recent = rules().with_max_age(Duration::from_secs(600));
    let none = Accompanying::default();
    assert_eq!(
        validate(&recent, &claims(), &none),
        Err(InvalidIdToken::MissingAuthTime)
    );
    assert!(validate(&recent, &with("auth_time", json!(999_400)), &none).is_ok());
    assert_eq!(
        validate(&recent, &with("auth_time", json!(999_300)), &none),
        Err(InvalidIdToken::AuthenticatedTooLongAgo)
    );
    let strong = rules().with_acr_values(["phr".to_owned()]);
    assert!(validate(&strong, &with("acr", json!("phr")), &none).is_ok());
    for acr in [json!("pwd"), Value::Null] {
        assert!(validate(&strong, &with("acr", acr), &none).is_err());
    }
    assert_eq!(
        validate(&strong, &claims(), &none),
        Err(InvalidIdToken::WrongAcr)
    );
}

#[test]
fn only_the_algorithms_that_are_allowed() {
    let none = Accompanying::default();
    let only_rs256 = rules().with_algorithms([Algorithm::Rs256]);
    let error = Err(Error::AlgorithmNotAllowed.into());
    assert_eq!(validate(&only_rs256, &claims(), &none), error);
    let secret = Key::from_secret(Algorithm::Hs256, &[7; 32]).unwrap();
    let keys = KeySet::from_secrets([&secret]).unwrap();
    let token = jwt::sign(&secret, Typ::JWT, &claims()).unwrap();
    assert_eq!(rules().validate(&token, &keys, &none, NOW), error);
    let shared = rules().with_algorithms([Algorithm::Hs256]);
    assert!(shared.validate(&token, &keys, &none, NOW).is_ok());
    let unsigned = "eyJhbGciOiJub25lIn0.e30.";
    assert!(rules().validate(unsigned, &keys, &none, NOW).is_err());
}

#[test]
fn an_encrypted_token_is_signed_inside() {
    let signing = Signing::new();
    let none = Accompanying::default();
    let key = DecryptionKey::generate(KeyManagement::EcdhEs).unwrap();
    let recipient = key.encryption_key().unwrap();
    let nested = jwt::sign_and_encrypt(
        &signing.key,
        Typ::JWT,
        &claims(),
        &recipient,
        ContentEncryption::A256Gcm,
    )
    .unwrap();
    let refused = rules().validate(&nested, &signing.keys, &none, NOW);
    assert_eq!(refused, Err(InvalidIdToken::Encrypted));
    let decryption = TokenDecryption::new([key], jwe::Policy::new());
    let decrypting = rules().with_decryption(decryption.clone());
    assert!(
        decrypting
            .validate(&nested, &signing.keys, &none, NOW)
            .is_ok()
    );
    // Whoever has the public key can encrypt.
    let header = jwe::Header::new().with_content_type("JWT");
    let unsigned = claims().to_string();
    let unsigned = jwe::encrypt(
        &recipient,
        ContentEncryption::A256Gcm,
        &header,
        unsigned.as_bytes(),
    );
    let refused = decrypting.validate(&unsigned.unwrap(), &signing.keys, &none, NOW);
    assert_eq!(refused, Err(Error::NotCompact.into()));
    let plain = signing.sign(&claims());
    assert!(
        decrypting
            .validate(&plain, &signing.keys, &none, NOW)
            .is_ok()
    );
    let demanding = rules().with_decryption(decryption.required());
    assert_eq!(
        demanding.validate(&plain, &signing.keys, &none, NOW),
        Err(InvalidIdToken::NotEncrypted)
    );
}

#[test]
fn an_issuer_of_any_tenant_names_the_tenant_twice() {
    let template = "https://login.example/{tenantid}/v2.0";
    let rule = IssuerRule::danger_any_tenant(template).unwrap();
    let rules = IdTokenRules::new(rule, "app").with_nonce("n1");
    let tenant = "0f3c9a1e-0000-4000-8000-00000000000a";
    let mut good = with("iss", format!("https://login.example/{tenant}/v2.0").into());
    good["tid"] = tenant.into();
    let none = Accompanying::default();
    assert!(validate(&rules, &good, &none).is_ok());
    let mut wrong = good.clone();
    wrong["tid"] = "0f3c9a1e-0000-4000-8000-00000000000b".into();
    let error = Err(Error::InvalidClaim("tid").into());
    assert_eq!(validate(&rules, &wrong, &none), error);
    wrong.as_object_mut().unwrap().remove("tid");
    let error = Err(Error::MissingClaim("tid").into());
    assert_eq!(validate(&rules, &wrong, &none), error);
    good["iss"] = template.into();
    assert_eq!(
        validate(&rules, &good, &none),
        Err(Error::WrongIssuer.into())
    );
}

#[test]
fn a_logout_token_is_no_id_token() {
    let signing = Signing::new();
    let event = json!({"http://schemas.openid.net/event/backchannel-logout": {}});
    let logout = json!({
        "iss": ISSUER, "aud": "app", "sub": "ann", "sid": "s1", "jti": "1",
        "iat": 999_990, "exp": 1_000_100, "events": event,
    });
    let validate_logout =
        |claims: &Value| rules().validate_logout(&signing.sign(claims), &signing.keys, NOW);
    let read = validate_logout(&logout).unwrap();
    assert_eq!(read.subject.as_deref(), Some("ann"));
    assert_eq!(read.session_id.as_deref(), Some("s1"));
    assert!(!format!("{read:?}").contains("ann"));
    assert!(validate_logout(&claims()).is_err());
    assert!(validate(&rules(), &logout, &Accompanying::default()).is_err());
    for (name, value) in [
        ("nonce", json!("n1")),
        ("iss", json!("https://evil.example")),
        ("aud", json!("other")),
        ("events", json!({"other": {}})),
        ("exp", json!(999_000)),
    ] {
        let mut wrong = logout.clone();
        wrong[name] = value;
        assert!(validate_logout(&wrong).is_err(), "{name}");
    }
}
