//! ID tokens, logout tokens, authorization responses (JARM), answers of UserInfo and signed introspections:
//! texts that nobody signed, and signed ones that say anything.

#![no_main]

use std::sync::LazyLock;

use grantor_core::openid::{
    Accompanying, IdTokenRules, IssuerRule, UserInfo, check_renewed_id_token,
};
use grantor_core::{Issuer, JwtResponseRules, SignedIntrospection};
use grantor_jose::jwt::{self, Typ};
use grantor_jose::{Algorithm, Key, KeySet, Timestamp};
use http::Response;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const ISSUER: &str = "https://as.example";
const NOW: i64 = 1_760_000_010;

static KEY: LazyLock<Key> = LazyLock::new(|| Key::generate(Algorithm::EdDsa).unwrap());
static KEYS: LazyLock<KeySet> = LazyLock::new(|| KEY.public().cloned().into_iter().collect());
static RULES: LazyLock<IdTokenRules> = LazyLock::new(|| {
    let issuer = Issuer::parse(ISSUER).unwrap();
    IdTokenRules::new(IssuerRule::exactly(&issuer), "app").with_nonce("n")
});

static RESPONSES: LazyLock<JwtResponseRules> =
    LazyLock::new(|| JwtResponseRules::new(&Issuer::parse(ISSUER).unwrap(), "app"));

fn answer(media_type: &str, body: String) -> Response<String> {
    let response = Response::builder().header("content-type", media_type);
    response.body(body).unwrap()
}

fuzz_target!(|text: &str| {
    let now = Timestamp::from_secs(NOW);
    let with = Accompanying::default();
    assert!(RULES.validate(text, &KEYS, &with, now).is_err());
    assert!(RULES.validate_logout(text, &KEYS, now).is_err());
    assert!(RESPONSES.validate(text, &KEYS, now).is_err());
    let _ = check_renewed_id_token(text, text);
    let rules = SignedIntrospection::new(ISSUER, "app");
    let unsigned = answer(SignedIntrospection::MEDIA_TYPE, text.to_owned());
    assert!(rules.read(&unsigned, &KEYS, now).is_err());
    let about = ("u", ISSUER);
    for media_type in ["application/json", "application/jwt"] {
        let said =
            UserInfo::from_response(&answer(media_type, text.to_owned()), about, &RULES, &KEYS);
        if let Ok(said) = said {
            assert_eq!((&*said.subject, media_type), ("u", "application/json"));
        }
    }
    let Ok(claims) = serde_json::from_str::<Value>(text) else {
        return;
    };
    let sign = |typ| jwt::sign(&KEY, typ, &claims).unwrap_or_default();
    if let Ok(token) = RULES.validate(&sign(Typ::JWT), &KEYS, &with, now) {
        assert_eq!(token.issuer(), ISSUER);
        assert_eq!(claims["nonce"], "n");
        assert!(claims["exp"].as_f64().unwrap() > (NOW - 61) as f64);
    }
    if RULES
        .validate_logout(&sign(Typ::LOGOUT_TOKEN), &KEYS, now)
        .is_ok()
    {
        assert_eq!(claims["iss"], ISSUER);
        assert!(claims.get("nonce").is_none());
    }
    if RESPONSES.validate(&sign(Typ::JWT), &KEYS, now).is_ok() {
        assert_eq!(claims["iss"], ISSUER);
    }
    let signed = answer(SignedIntrospection::MEDIA_TYPE, sign(Typ::INTROSPECTION));
    if let Ok(said) = rules.read(&signed, &KEYS, now) {
        assert_eq!(claims["iss"], ISSUER);
        assert_eq!(claims["token_introspection"]["active"], said.active);
    }
});
