//! The policies of the kinds of tokens.

use std::time::Duration;

use grantor_jose::jwt::{self, Policy, Typ};
use grantor_jose::{Algorithm, Error, Key, KeySet, Leeway, Timestamp, base64url};
use serde_json::{Value, json};

const ISSUER: &str = "https://as.example.com";
const API: &str = "https://api.example.com";

struct Fixture {
    key: Key,
    keys: KeySet,
}

impl Fixture {
    fn new() -> Self {
        let key = Key::generate(Algorithm::EdDsa).unwrap();
        let keys = key.public().cloned().into_iter().collect();
        Self { key, keys }
    }

    #[track_caller]
    fn check(&self, policy: &Policy, typ: Typ, claims: &Value, expected: Result<(), Error>) {
        let token = jwt::sign(&self.key, typ, claims).unwrap();
        let found = jwt::verify(&token, &self.keys, policy, Timestamp::from_secs(1000));
        assert_eq!(found.map(|_| ()), expected, "{claims}");
    }
}

fn access_token() -> Value {
    json!({
        "iss": ISSUER, "aud": API, "sub": "user-1", "client_id": "client-1", "jti": "1",
        "iat": 990, "exp": 1300,
    })
}

fn id_token() -> Value {
    json!({"iss": ISSUER, "aud": "client-1", "sub": "user-1", "iat": 990, "exp": 1300})
}

fn with(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    claims
}

fn without(mut claims: Value, name: &str) -> Value {
    claims.as_object_mut().unwrap().remove(name);
    claims
}

#[test]
fn an_access_token_needs_all_claims_of_rfc_9068() {
    let fixture = Fixture::new();
    let policy = Policy::access_token(ISSUER, API);
    let check =
        |claims: &Value, expected| fixture.check(&policy, Typ::ACCESS_TOKEN, claims, expected);
    check(&access_token(), Ok(()));
    for name in ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"] {
        let missing = without(access_token(), name);
        check(&missing, Err(Error::MissingClaim(name)));
        for wrong in [json!(null), json!(true), json!({}), json!(""), json!([])] {
            let wrong = with(access_token(), name, wrong);
            check(&wrong, Err(Error::InvalidClaim(name)));
        }
    }
}

#[test]
fn an_access_token_is_for_one_issuer_and_audience() {
    let fixture = Fixture::new();
    let policy = Policy::access_token(ISSUER, API);
    let check = |name, value, expected| {
        let claims = with(access_token(), name, value);
        fixture.check(&policy, Typ::ACCESS_TOKEN, &claims, expected);
    };
    check(
        "iss",
        json!("https://as.example.com/"),
        Err(Error::WrongIssuer),
    );
    check(
        "aud",
        json!("https://api.example.com/"),
        Err(Error::WrongAudience),
    );
    check("aud", json!(["https://other.example.com", API]), Ok(()));
    check("aud", json!([API, 1]), Err(Error::InvalidClaim("aud")));
}

#[test]
fn the_kinds_are_mutually_exclusive() {
    let fixture = Fixture::new();
    let access = Policy::access_token(ISSUER, "client-1");
    let id = Policy::id_token(ISSUER, "client-1");
    let both = with(access_token(), "aud", json!("client-1"));
    fixture.check(&access, Typ::ACCESS_TOKEN, &both, Ok(()));
    fixture.check(&id, Typ::ACCESS_TOKEN, &both, Err(Error::WrongType));
    fixture.check(&id, Typ::JWT, &both, Ok(()));
    fixture.check(&access, Typ::JWT, &both, Err(Error::WrongType));
    let logout = with(id_token(), "events", json!({}));
    fixture.check(&id, Typ::JWT, &logout, Err(Error::InvalidClaim("events")));
    fixture.check(&id, Typ::new("logout+jwt"), &logout, Err(Error::WrongType));
}

#[test]
fn only_an_id_token_may_lack_typ() {
    let fixture = Fixture::new();
    let verify = |claims: &Value, policy: &Policy| {
        let parts = [json!({"alg": "EdDSA"}), claims.clone()];
        let input = parts
            .map(|part| base64url::encode(part.to_string()))
            .join(".");
        let signature = fixture.key.sign_bytes(input.as_bytes()).unwrap();
        let token = format!("{input}.{}", base64url::encode(signature.as_bytes()));
        let now = Timestamp::from_secs(1000);
        jwt::verify(&token, &fixture.keys, policy, now).map(|_| ())
    };
    let id = Policy::id_token(ISSUER, "client-1");
    assert_eq!(verify(&id_token(), &id), Ok(()));
    let access = Policy::access_token(ISSUER, API);
    assert_eq!(verify(&access_token(), &access), Err(Error::WrongType));
}

#[test]
fn the_policy_and_not_the_token_chooses_the_algorithm() {
    let fixture = Fixture::new();
    let policy = Policy::id_token(ISSUER, "client-1").with_algorithms([Algorithm::Rs256]);
    let expected = Err(Error::AlgorithmNotAllowed);
    fixture.check(&policy, Typ::JWT, &id_token(), expected);
    let policy = policy.with_algorithms([]);
    fixture.check(&policy, Typ::JWT, &id_token(), expected);
    let policy = policy.with_algorithms([Algorithm::Rs256, Algorithm::EdDsa]);
    fixture.check(&policy, Typ::JWT, &id_token(), Ok(()));
}

#[test]
fn times_are_compared_with_leeway() {
    let fixture = Fixture::new();
    let check = |leeway, name, value: f64, expected| {
        let policy = Policy::id_token(ISSUER, "client-1");
        let policy = policy.with_leeway(Leeway::new(Duration::from_secs(leeway)).unwrap());
        let claims = with(id_token(), name, json!(value));
        fixture.check(&policy, Typ::JWT, &claims, expected);
    };
    check(0, "exp", 1000.0, Err(Error::Expired));
    check(0, "exp", 1000.5, Ok(()));
    check(30, "exp", 970.0, Err(Error::Expired));
    check(30, "exp", 971.0, Ok(()));
    check(30, "nbf", 1030.0, Ok(()));
    check(30, "nbf", 1031.0, Err(Error::NotYetValid));
    check(30, "iat", 1030.0, Ok(()));
    check(30, "iat", 1031.0, Err(Error::NotYetValid));
    check(60, "exp", 940.0, Err(Error::Expired));
    check(60, "exp", 941.0, Ok(()));
    for far in [-1e300, -9.3e18] {
        check(0, "exp", far, Err(Error::Expired));
        check(0, "nbf", far, Ok(()));
    }
    for far in [1e300, 9.3e18] {
        check(0, "exp", far, Ok(()));
        check(0, "nbf", far, Err(Error::NotYetValid));
    }
}

#[test]
fn a_nonce_must_be_the_one_that_was_sent() {
    let fixture = Fixture::new();
    let policy = Policy::id_token(ISSUER, "client-1");
    let found = with(id_token(), "nonce", json!("n-1"));
    fixture.check(&policy, Typ::JWT, &found, Ok(()));
    fixture.check(&policy.clone().with_nonce("n-1"), Typ::JWT, &found, Ok(()));
    let other = policy.with_nonce("n-2");
    fixture.check(&other, Typ::JWT, &found, Err(Error::WrongNonce));
    let missing = Err(Error::MissingClaim("nonce"));
    fixture.check(&other, Typ::JWT, &id_token(), missing);
}

#[test]
fn other_clients_in_an_id_token_must_be_trusted() {
    let fixture = Fixture::new();
    let policy = Policy::id_token(ISSUER, "client-1");
    let trusting = policy.clone().with_trusted_client("client-2");
    let shared = with(id_token(), "aud", json!(["client-1", "client-2"]));
    fixture.check(&policy, Typ::JWT, &shared, Err(Error::WrongAudience));
    fixture.check(&trusting, Typ::JWT, &shared, Ok(()));
    let party = with(id_token(), "azp", json!("client-2"));
    fixture.check(&policy, Typ::JWT, &party, Err(Error::WrongAuthorizedParty));
    fixture.check(&trusting, Typ::JWT, &party, Ok(()));
    let theirs = with(id_token(), "aud", json!("client-2"));
    fixture.check(&trusting, Typ::JWT, &theirs, Err(Error::WrongAudience));
}

#[test]
fn claims_are_typed_and_the_rest_is_there() {
    let fixture = Fixture::new();
    let claims = with(id_token(), "auth_time", json!(980));
    let claims = with(claims, "acr", json!(["x"]));
    let token = jwt::sign(&fixture.key, Typ::JWT, &claims).unwrap();
    let policy = Policy::id_token(ISSUER, "client-1");
    let now = Timestamp::from_secs(1000);
    let verified = jwt::verify(&token, &fixture.keys, &policy, now).unwrap();
    assert_eq!(verified.algorithm, Algorithm::EdDsa);
    assert_eq!(verified.key_id.as_deref(), Some(fixture.key.key_id()));
    let claims = verified.claims;
    assert_eq!(claims.issuer.as_deref(), Some(ISSUER));
    assert_eq!(claims.audiences, ["client-1"]);
    assert_eq!(claims.expires_at, Some(Timestamp::from_secs(1300)));
    assert_eq!(
        claims.time("auth_time"),
        Ok(Some(Timestamp::from_secs(980)))
    );
    assert_eq!(claims.text("acr"), Err(Error::InvalidClaim("acr")));
    assert_eq!(claims.text("name"), Ok(None));
    assert_eq!(claims.other.len(), 2);
    assert!(!format!("{claims:?}").contains("user-1"));
}
