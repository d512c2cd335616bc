//! The validation of an ES256 ID token: at most 1.1 times the raw verification.

use std::cell::RefCell;
use std::hint::black_box;

use grantor_core::Issuer;
use grantor_core::openid::{Accompanying, IdTokenRules, IssuerRule};
use grantor_jose::jwt::{self, Typ};
use grantor_jose::{Algorithm, Key, KeySet, Timestamp, base64url};
use harness::Result;
use huskarl::core::jwk::PublicJwk;
use huskarl::token::id_token::{IdToken, IdTokenValidator};
use huskarl_crypto_native::asymmetric::verifier::AsymmetricPublicKey;
use serde_json::json;

use crate::raw::Es256;
use crate::row::{Row, at_once};

const ISSUER: &str = "https://idp.example.com";

pub(crate) fn row() -> Result<Row> {
    let key = Key::generate(Algorithm::Es256)?;
    let claims = json!({
        "iss": ISSUER, "aud": "app", "sub": "user-12345", "nonce": "n-0S6_WzA2Mj",
        "iat": 1_760_000_000, "exp": 4_000_000_000_u64, "auth_time": 1_759_999_990,
        "at_hash": Algorithm::Es256.half_hash("token"),
    });
    let token = jwt::sign(&key, Typ::JWT, &claims)?;
    let public = key.public().ok_or("not symmetric")?;
    let keys: KeySet = [public.clone()].into_iter().collect();
    let rules = IdTokenRules::new(IssuerRule::exactly(&Issuer::parse(ISSUER)?), "app")
        .with_algorithms([Algorithm::Es256])
        .with_nonce("n-0S6_WzA2Mj");
    let raw = Es256::of(&key)?;
    let (input, signature) = token.rsplit_once('.').ok_or("a token has dots")?;
    let (input, signature) = (input.to_owned(), base64url::decode(signature)?);
    let now = Timestamp::from_secs(1_760_000_010);
    let jwk = serde_json::to_value(public)?;
    let theirs = theirs(&token, serde_json::from_value(jwk)?)?;
    Ok(Row {
        ours: (
            "id_token_es256",
            RefCell::new(Box::new(move || {
                let with = Accompanying {
                    access_token: Some("token"),
                    ..Accompanying::default()
                };
                let validated = rules.validate(black_box(&token), &keys, &with, now);
                assert!(black_box(validated).is_ok());
            })),
        ),
        raw: (
            "raw_es256_verify",
            RefCell::new(Box::new(move || raw.verify(input.as_bytes(), &signature))),
        ),
        peer: ("huskarl_id_token_es256", RefCell::new(theirs)),
        beside_peer: "id_token_es256_beside_huskarl",
        instructions_over_raw: "id_token_es256_over_raw_instructions",
        bar: 1.1,
    })
}

fn theirs(token: &str, key: PublicJwk) -> Result<Box<dyn FnMut()>> {
    let validator = IdTokenValidator::builder()
        .verifier(AsymmetricPublicKey::from_jwk(key)?)
        .issuer(ISSUER)
        .audience("app")
        .build();
    let token = IdToken::from(token);
    Ok(Box::new(move || {
        let validated = at_once(validator.validate(black_box(&token), Some("n-0S6_WzA2Mj")));
        assert!(black_box(validated).is_ok());
    }))
}
