//! A token that one of the two signs, the other verifies, for every algorithm that both have.

use grantor_jose::jwt::{self, Typ};
use grantor_jose::{Algorithm, Key, KeySet, base64url, jws};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{DecodingKey, EncodingKey, Header, Validation};
use serde_json::{Value, json};

const BOTH: [(Algorithm, jsonwebtoken::Algorithm); 12] = [
    (Algorithm::EdDsa, jsonwebtoken::Algorithm::EdDSA),
    (Algorithm::Es256, jsonwebtoken::Algorithm::ES256),
    (Algorithm::Es384, jsonwebtoken::Algorithm::ES384),
    (Algorithm::Ps256, jsonwebtoken::Algorithm::PS256),
    (Algorithm::Ps384, jsonwebtoken::Algorithm::PS384),
    (Algorithm::Ps512, jsonwebtoken::Algorithm::PS512),
    (Algorithm::Rs256, jsonwebtoken::Algorithm::RS256),
    (Algorithm::Rs384, jsonwebtoken::Algorithm::RS384),
    (Algorithm::Rs512, jsonwebtoken::Algorithm::RS512),
    (Algorithm::Hs256, jsonwebtoken::Algorithm::HS256),
    (Algorithm::Hs384, jsonwebtoken::Algorithm::HS384),
    (Algorithm::Hs512, jsonwebtoken::Algorithm::HS512),
];

#[test]
fn they_verify_what_we_sign() {
    for (ours, theirs) in BOTH {
        let key = Key::generate(ours).unwrap().with_key_id("k");
        let token = jwt::sign(&key, Typ::JWT, &claims()).unwrap();
        let decoding_key = match key.public() {
            Some(public) => {
                let jwk: Jwk =
                    serde_json::from_value(serde_json::to_value(public).unwrap()).unwrap();
                DecodingKey::from_jwk(&jwk).unwrap()
            }
            None => DecodingKey::from_secret(&secret(&key)),
        };
        let mut validation = Validation::new(theirs);
        validation.set_audience(&["api"]);
        let found = jsonwebtoken::decode::<Value>(&token, &decoding_key, &validation).unwrap();
        assert_eq!(found.claims, claims(), "{ours}");
        assert_eq!(found.header.kid.as_deref(), Some("k"));
        // The same after a change in the signature: theirs would notice.
        let (input, signature) = token.rsplit_once('.').unwrap();
        let mut signature = base64url::decode(signature).unwrap();
        signature[10] ^= 1;
        let changed = format!("{input}.{}", base64url::encode(signature));
        assert!(jsonwebtoken::decode::<Value>(&changed, &decoding_key, &validation).is_err());
    }
}

#[test]
fn we_verify_what_they_sign() {
    for (ours, theirs) in BOTH {
        let key = Key::generate(ours).unwrap().with_key_id("k");
        let encoding_key = match key.to_pkcs8_pem() {
            Err(_) => EncodingKey::from_secret(&secret(&key)),
            Ok(pem) if ours.as_str().starts_with("ES") => {
                EncodingKey::from_ec_pem(pem.as_bytes()).unwrap()
            }
            Ok(pem) if ours == Algorithm::EdDsa => {
                EncodingKey::from_ed_pem(pem.as_bytes()).unwrap()
            }
            Ok(pem) => EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap(),
        };
        let mut header = Header::new(theirs);
        header.kid = Some("k".into());
        let token = jsonwebtoken::encode(&header, &claims(), &encoding_key).unwrap();
        let keys: KeySet = match key.public() {
            Some(public) => [public.clone()].into_iter().collect(),
            None => KeySet::from_secrets([&key]).unwrap(),
        };
        let found = jws::verify(&token, &keys, &[ours]).unwrap();
        let payload: Value = serde_json::from_slice(&found.payload).unwrap();
        assert_eq!(payload, claims(), "{ours}");
        let other = Key::generate(ours).unwrap().with_key_id("k");
        let others: KeySet = match other.public() {
            Some(public) => [public.clone()].into_iter().collect(),
            None => KeySet::from_secrets([&other]).unwrap(),
        };
        assert!(jws::verify(&token, &others, &[ours]).is_err());
    }
}

fn claims() -> Value {
    json!({"iss": "as", "aud": "api", "sub": "user", "exp": 33_000_000_000_u64})
}

fn secret(key: &Key) -> Vec<u8> {
    let jwk: Value = serde_json::from_str(&key.to_private_jwk().unwrap()).unwrap();
    base64url::decode(jwk["k"].as_str().unwrap()).unwrap()
}
