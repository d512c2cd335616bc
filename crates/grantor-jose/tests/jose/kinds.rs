//! Each kind of token against its own policy and against those of all others.

use std::time::Duration;

use grantor_jose::jwe::{self, ContentEncryption, DecryptionKey, KeyManagement};
use grantor_jose::jwt::{self, Policy, Typ};
use grantor_jose::{Algorithm, Error, Key, KeySet, Timestamp};
use serde_json::{Value, json};

/// One party plays all parts, so that issuer and audience tell nothing.
const PARTY: &str = "https://party.example.com";

struct Case {
    name: &'static str,
    policy: Policy,
    typ: Typ,
    may_be_untyped: bool,
    claims: Value,
    required: &'static [&'static str],
}

fn cases() -> Vec<Case> {
    let event = json!({"http://schemas.openid.net/event/backchannel-logout": {}});
    let case = |name, policy, typ, may_be_untyped, claims, required| Case {
        name,
        policy,
        typ,
        may_be_untyped,
        claims,
        required,
    };
    let base = |more: Value| {
        let mut claims = json!({"iss": PARTY, "aud": PARTY, "exp": 1300});
        for (name, value) in more.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims
    };
    vec![
        case(
            "access token",
            Policy::access_token(PARTY, PARTY),
            Typ::ACCESS_TOKEN,
            false,
            base(json!({"sub": "user", "client_id": "c", "jti": "1", "iat": 990})),
            &["iss", "exp", "aud", "sub", "client_id", "iat", "jti"],
        ),
        case(
            "ID Token",
            Policy::id_token(PARTY, PARTY),
            Typ::JWT,
            true,
            base(json!({"sub": "user", "iat": 990})),
            &["iss", "sub", "aud", "exp", "iat"],
        ),
        case(
            "client assertion",
            Policy::client_assertion(PARTY, PARTY),
            Typ::CLIENT_ASSERTION,
            true,
            base(json!({"sub": PARTY, "jti": "1"})),
            &["iss", "sub", "aud", "exp", "jti"],
        ),
        case(
            "authorization grant",
            Policy::authorization_grant(PARTY, PARTY),
            Typ::JWT,
            true,
            base(json!({"sub": "user", "jti": "1"})),
            &["iss", "sub", "aud", "exp", "jti"],
        ),
        case(
            "identity assertion",
            Policy::identity_assertion(PARTY, PARTY),
            Typ::IDENTITY_ASSERTION,
            false,
            base(json!({"sub": "user", "client_id": "c", "jti": "1", "iat": 990})),
            &["iss", "sub", "aud", "client_id", "jti", "exp", "iat"],
        ),
        case(
            "Logout Token",
            Policy::logout_token(PARTY, PARTY),
            Typ::LOGOUT_TOKEN,
            true,
            base(json!({"sub": "user", "iat": 990, "jti": "1", "events": event})),
            &["iss", "aud", "iat", "exp", "jti", "events", "sub"],
        ),
        case(
            "Request Object",
            Policy::request_object(PARTY, PARTY),
            Typ::REQUEST_OBJECT,
            true,
            base(json!({"client_id": PARTY, "response_type": "code"})),
            &["iss", "aud", "client_id"],
        ),
        case(
            "authorization response",
            Policy::authorization_response(PARTY, PARTY),
            Typ::JWT,
            true,
            base(json!({"code": "c", "state": "s"})),
            &["iss", "aud", "exp"],
        ),
        case(
            "introspection",
            Policy::introspection(PARTY, PARTY),
            Typ::INTROSPECTION,
            false,
            json!({
                "iss": PARTY, "aud": PARTY, "iat": 990, "token_introspection": {"active": false},
            }),
            &["iss", "aud", "iat", "token_introspection"],
        ),
    ]
}

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

    fn verify(&self, policy: &Policy, typ: Typ, claims: &Value) -> Result<(), Error> {
        let token = jwt::sign(&self.key, typ, claims).unwrap();
        let now = Timestamp::from_secs(1000);
        jwt::verify(&token, &self.keys, policy, now).map(|_| ())
    }
}

#[test]
fn each_kind_passes_for_itself_and_no_other_kind_does() {
    let fixture = Fixture::new();
    for token in cases() {
        for case in cases() {
            let found = fixture.verify(&case.policy, token.typ, &token.claims);
            let untyped = fixture.verify(&case.policy, Typ::JWT, &token.claims);
            let same = token.name == case.name;
            assert_eq!(
                found.is_ok(),
                same,
                "{} as {}: {found:?}",
                token.name,
                case.name
            );
            // Without their type, access tokens and introspection answers are none.
            if token.may_be_untyped {
                assert_eq!(
                    untyped.is_ok(),
                    same,
                    "{} as {}, untyped: {untyped:?}",
                    token.name,
                    case.name
                );
            } else if same {
                assert_eq!(untyped, Err(Error::WrongType), "{}", token.name);
            }
            if !same && token.typ != Typ::JWT {
                assert_eq!(
                    found,
                    Err(Error::WrongType),
                    "{} as {}",
                    token.name,
                    case.name
                );
            }
        }
    }
}

#[test]
fn each_kind_needs_its_claims() {
    let fixture = Fixture::new();
    for case in cases() {
        for name in case.required {
            let mut claims = case.claims.clone();
            claims.as_object_mut().unwrap().remove(*name);
            let found = fixture.verify(&case.policy, case.typ, &claims);
            assert_eq!(found, Err(Error::MissingClaim(name)), "{}", case.name);
            for wrong in [json!(null), json!(true), json!([]), json!("")] {
                claims[name] = wrong;
                let found = fixture.verify(&case.policy, case.typ, &claims);
                assert!(found.is_err(), "{} {claims}", case.name);
            }
        }
    }
}

#[test]
fn each_kind_is_for_one_issuer_and_audience() {
    let fixture = Fixture::new();
    for case in cases() {
        for (name, expected) in [("iss", Error::WrongIssuer), ("aud", Error::WrongAudience)] {
            let mut claims = case.claims.clone();
            claims[name] = json!("https://party.example.com/");
            let found = fixture.verify(&case.policy, case.typ, &claims);
            assert_eq!(found, Err(expected), "{}", case.name);
        }
    }
}

#[track_caller]
fn check(kind: &str, name: &str, value: Value, expected: Result<(), Error>) {
    let case = cases().into_iter().find(|case| case.name == kind).unwrap();
    let mut claims = case.claims.clone();
    claims[name] = value;
    let found = Fixture::new().verify(&case.policy, case.typ, &claims);
    assert_eq!(found, expected, "{claims}");
}

#[test]
fn a_client_assertion_is_for_one_audience_and_not_for_long() {
    check("client assertion", "aud", json!([PARTY]), Ok(()));
    check(
        "client assertion",
        "aud",
        json!([PARTY, "x"]),
        Err(Error::WrongAudience),
    );
    check(
        "client assertion",
        "sub",
        json!("x"),
        Err(Error::InvalidClaim("sub")),
    );
    check("client assertion", "exp", json!(4660), Ok(()));
    check(
        "client assertion",
        "exp",
        json!(4661),
        Err(Error::InvalidClaim("exp")),
    );
}

#[test]
fn a_logout_token_names_its_event_and_whom_it_means() {
    let invalid = |name| Err(Error::InvalidClaim(name));
    check("Logout Token", "nonce", json!("n"), invalid("nonce"));
    check("Logout Token", "events", json!({}), invalid("events"));
    let event = "http://schemas.openid.net/event/backchannel-logout";
    check(
        "Logout Token",
        "events",
        json!({event: 1}),
        invalid("events"),
    );
    check(
        "Logout Token",
        "events",
        json!({event: {}, "x": {}}),
        Ok(()),
    );
    check("Logout Token", "sid", json!("s"), Ok(()));
    check("Logout Token", "sid", json!(1), invalid("sid"));
    check(
        "Logout Token",
        "aud",
        json!([PARTY, "x"]),
        Err(Error::WrongAudience),
    );
    let case = cases()
        .into_iter()
        .find(|case| case.name == "Logout Token")
        .unwrap();
    let mut claims = case.claims;
    claims.as_object_mut().unwrap().remove("sub");
    claims["sid"] = json!("s");
    assert_eq!(
        Fixture::new().verify(&case.policy, case.typ, &claims),
        Ok(())
    );
}

#[test]
fn a_request_object_is_no_client_assertion_and_has_no_request_inside() {
    let invalid = |name| Err(Error::InvalidClaim(name));
    check("Request Object", "sub", json!(PARTY), invalid("sub"));
    check("Request Object", "sub", json!("user"), Ok(()));
    check(
        "Request Object",
        "client_id",
        json!("x"),
        invalid("client_id"),
    );
    check("Request Object", "request", json!("x"), invalid("request"));
    check(
        "Request Object",
        "request_uri",
        json!("x"),
        invalid("request_uri"),
    );
    check("Request Object", "exp", json!(900), Err(Error::Expired));
}

#[test]
fn an_introspection_answer_says_whether_the_token_is_active() {
    let invalid = |name| Err(Error::InvalidClaim(name));
    check("introspection", "exp", json!(1300), invalid("exp"));
    check("introspection", "sub", json!("user"), invalid("sub"));
    let wrong = json!({"active": "true"});
    check(
        "introspection",
        "token_introspection",
        wrong,
        invalid("token_introspection"),
    );
}

#[test]
fn a_lifetime_can_be_limited_for_every_kind() {
    let fixture = Fixture::new();
    for case in cases() {
        let limit = |secs| {
            case.policy
                .clone()
                .with_max_lifetime(Duration::from_secs(secs))
        };
        let found = fixture.verify(&limit(200), case.typ, &case.claims);
        let expected = if case.claims.get("exp").is_some() {
            Error::InvalidClaim("exp")
        } else {
            Error::MissingClaim("exp")
        };
        assert_eq!(found, Err(expected), "{}", case.name);
    }
}

#[test]
fn the_claimed_issuer_is_read_and_proves_nothing() {
    let fixture = Fixture::new();
    let token = jwt::sign(&fixture.key, Typ::JWT, &json!({"iss": "client-1"})).unwrap();
    assert_eq!(jwt::claimed_issuer(&token).as_deref(), Ok("client-1"));
    let (unsigned, _) = token.rsplit_once('.').unwrap();
    assert_eq!(
        jwt::claimed_issuer(&format!("{unsigned}.")).as_deref(),
        Ok("client-1")
    );
    let token = jwt::sign(&fixture.key, Typ::JWT, &json!({})).unwrap();
    assert_eq!(jwt::claimed_issuer(&token), Err(Error::MissingClaim("iss")));
    assert_eq!(jwt::claimed_issuer("x.y"), Err(Error::NotCompact));
}

#[test]
fn a_nested_token_is_decrypted_and_verified_and_neither_layer_may_lack() {
    let fixture = Fixture::new();
    let recipient = [DecryptionKey::generate(KeyManagement::EcdhEs).unwrap()];
    let encryption_key = recipient[0].encryption_key().unwrap();
    let encryption = ContentEncryption::A128Gcm;
    let claims = &cases()[1].claims;
    let policy = &cases()[1].policy;
    let verify = |token: &str| {
        let decryption = (recipient.as_slice(), &jwe::Policy::new());
        let now = Timestamp::from_secs(1000);
        jwt::verify_nested(token, decryption, &fixture.keys, policy, now).map(|_| ())
    };
    let token =
        jwt::sign_and_encrypt(&fixture.key, Typ::JWT, claims, &encryption_key, encryption).unwrap();
    assert_eq!(verify(&token), Ok(()));
    let signed = jwt::sign(&fixture.key, Typ::JWT, claims).unwrap();
    assert_eq!(verify(&signed), Err(Error::NotCompactJwe));
    let header = jwe::Header::new().with_content_type("JWT");
    let encrypt = |header: &jwe::Header, content: &str| {
        jwe::encrypt(&encryption_key, encryption, header, content.as_bytes()).unwrap()
    };
    let only_encrypted = encrypt(&header, &claims.to_string());
    assert_eq!(verify(&only_encrypted), Err(Error::NotCompact));
    let twice = encrypt(&header, &token);
    assert_eq!(verify(&twice), Err(Error::NotCompact));
    let without_type = encrypt(&jwe::Header::new(), &signed);
    assert_eq!(verify(&without_type), Err(Error::InvalidHeader("cty")));
    let stranger = Fixture::new();
    let forged =
        jwt::sign_and_encrypt(&stranger.key, Typ::JWT, claims, &encryption_key, encryption)
            .unwrap();
    assert_eq!(verify(&forged), Err(Error::UnknownKey));
}
