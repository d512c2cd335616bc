use grantor_jose::{Algorithm, Error, KeySet, PublicKey, base64url, jws};
use serde_json::{Value, json};

use crate::{list, text, vectors};

#[test]
fn json_web_signatures() {
    let file = vectors("wycheproof-json-web-signature.json");
    let (mut valid, mut invalid, mut unsupported) = (0, 0, 0);
    for group in list(&file["testGroups"]) {
        let tests = list(&group["tests"]);
        let Some(keys) = supported_keys(&group["public"]) else {
            unsupported += tests.len();
            continue;
        };
        for test in tests {
            // The general JSON serialization stands in the file as an object.
            let token = test["jws"]
                .as_str()
                .map_or(test["jws"].to_string(), Into::into);
            let found = jws::verify(&token, &keys, Algorithm::ALL);
            if test["result"] == "valid" {
                assert!(found.is_ok(), "{test}: {found:?}");
                valid += 1;
            } else {
                assert!(found.is_err(), "{test}");
                invalid += 1;
            }
        }
    }
    assert_eq!((valid, invalid, unsupported), (10, 266, 125));
}

fn supported_keys(jwk: &Value) -> Option<KeySet> {
    match PublicKey::from_jwk(&jwk.to_string()) {
        Ok(key) => Some([key].into_iter().collect()),
        Err(Error::UnsupportedKey | Error::Json(_)) => None,
        Err(error) => panic!("{jwk}: {error}"),
    }
}

#[test]
fn ed25519_signatures() {
    let found = signatures("wycheproof-ed25519.json", Algorithm::EdDsa);
    assert_eq!(found, (88, 63));
}

#[test]
fn ecdsa_p256_signatures() {
    let found = signatures("wycheproof-ecdsa-p256.json", Algorithm::Es256);
    assert_eq!(found, (173, 89));
}

fn signatures(file: &str, algorithm: Algorithm) -> (usize, usize) {
    let (mut valid, mut invalid) = (0, 0);
    for group in list(&vectors(file)["testGroups"]) {
        let key = PublicKey::from_jwk(&jwk(&group["publicKey"]).to_string()).unwrap();
        for test in list(&group["tests"]) {
            let message = from_hex(text(&test["msg"]));
            let found = key.verify(algorithm, &message, &from_hex(text(&test["sig"])));
            if test["result"] == "valid" {
                assert_eq!(found, Ok(()), "{test}");
                valid += 1;
            } else {
                assert_eq!(found, Err(Error::BadSignature), "{test}");
                invalid += 1;
            }
        }
    }
    (valid, invalid)
}

/// The JWK of a key that stands in the file as a point in hexadecimal.
fn jwk(key: &Value) -> Value {
    let part = |hex| base64url::encode(from_hex(hex));
    match key["uncompressed"].as_str() {
        Some(point) => json!({
            "kty": "EC", "crv": "P-256", "x": part(&point[2..66]), "y": part(&point[66..]),
        }),
        None => json!({"kty": "OKP", "crv": "Ed25519", "x": part(text(&key["pk"]))}),
    }
}

fn from_hex(hex: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(byte).collect()
}
