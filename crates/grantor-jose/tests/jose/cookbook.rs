//! RFC 7520, 7797 and 8037 as the cookbook has them: what is printed verifies, and what can be
//! reproduced is.

use grantor_jose::{Algorithm, Error, Key, KeySet, jws};
use serde_json::{Map, Value};

use crate::encryption;
use crate::table::{Answer, Suite, Table, check, check_mutants};
use crate::{list, text, vectors};

/// Each is a row of the table in the crate's documentation.
const SUITES: &[Suite] = &[
    |answer| signatures("RFC 7520, JWS", &["jws/"], answer),
    |answer| signatures("RFC 7797", &["rfc7797/"], answer),
    |answer| signatures("RFC 8037, JWS", &["curve25519/jws"], answer),
    |answer| encryption::cookbook("RFC 7520, JWE", &["jwe/"], answer),
    |answer| encryption::cookbook("RFC 8037, ECDH-ES", &["curve25519/ecdh"], answer),
];

#[test]
fn tokens_of_the_cookbook_are_accepted_and_changed_ones_refused() {
    check("Cookbook", SUITES);
}

#[test]
fn a_verifier_that_is_broken_is_noticed() {
    check_mutants(SUITES);
}

fn signatures(title: &'static str, prefixes: &[&str], answer: Answer) -> Table {
    let mut table = Table::new(title, answer);
    for (name, case) in entries(prefixes) {
        let payload = text(&case["input"]["payload"]).as_bytes();
        let (keys, algorithms) = keys(&case);
        for (serialization, token) in case["output"].as_object().unwrap() {
            let id = format!("{name} {serialization}");
            let verify = |token| verify(serialization, token, payload, &keys, &algorithms);
            let found = verify(token);
            if name == "rfc7797/4.2.hmac-sha2_b64_false" {
                // RFC 7797 section 6: "Producers MUST include the "crit" Header Parameter [...]
                // with "b64"", which the encoded header of this file lacks.
                let error = found.as_ref().unwrap_err();
                assert_eq!(*error, Error::InvalidHeader("b64"), "{id}");
                table.leave_out("valid there, but with `b64` and without `crit`");
                table.case(id, false, found.is_ok());
                continue;
            }
            let right = found.is_ok_and(|jws| jws.payload == payload);
            table.case(&id, true, right);
            table.case(&id, false, verify(&changed(token)).is_ok());
        }
    }
    table
}

/// A token with another first character in each signature or tag.
pub(crate) fn changed(token: &Value) -> Value {
    let other = |text: &str, at: usize| {
        let mut text = text.to_owned();
        let found = if text[at..].starts_with('A') {
            "B"
        } else {
            "A"
        };
        text.replace_range(at..=at, found);
        Value::from(text)
    };
    match token {
        Value::String(compact) => other(compact, compact.rfind('.').unwrap() + 1),
        Value::Array(several) => several.iter().map(changed).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| match name.as_str() {
                "signature" | "tag" => (name.clone(), other(text(value), 0)),
                "signatures" => (name.clone(), changed(value)),
                _ => (name.clone(), value.clone()),
            })
            .collect(),
        other => other.clone(),
    }
}

#[test]
fn signatures_that_can_be_reproduced_are() {
    let mut reproduced = 0;
    for (name, case) in entries(&["jws/", "curve25519/jws", "rfc7797/hmac"]) {
        let protected = &case["signing"]["protected"];
        let ours = ["alg", "kid"]
            .iter()
            .filter_map(|name| protected.get(name))
            .count();
        let only_ours = protected
            .as_object()
            .is_some_and(|members| members.len() == ours);
        let protected_only = case["signing"]["unprotected"].is_null();
        if case["reproducible"] != true || !only_ours || !protected_only {
            continue;
        }
        let key = signing_key(&case["input"]["key"], &case["input"]["alg"]);
        let kid = protected["kid"].as_str().unwrap_or("");
        let key = key.with_key_id(kid);
        let payload = text(&case["input"]["payload"]).as_bytes();
        let header = jws::Header::new();
        let output = &case["output"];
        let detached = name.contains("detached");
        let compact = if detached {
            jws::sign_detached(&key, &header, payload)
        } else {
            jws::sign(&key, &header, payload)
        };
        if let Some(expected) = output["compact"].as_str() {
            assert_eq!(compact.unwrap(), expected, "{name}");
        }
        let flattened = if detached {
            jws::sign_json_detached(&[(&key, &header)], payload)
        } else {
            jws::sign_json(&[(&key, &header)], payload)
        };
        let flattened: Value = serde_json::from_str(&flattened.unwrap()).unwrap();
        if !output["json_flat"].is_null() {
            assert_eq!(flattened, output["json_flat"], "{name}");
        }
        reproduced += 1;
    }
    assert_eq!(reproduced, 4);
}

#[test]
fn keys_of_the_cookbook_are_read_and_written() {
    for (name, jwk) in entries(&["jwk/"]) {
        let public = name.contains("public");
        if public {
            let key = grantor_jose::PublicKey::from_jwk(&jwk.to_string()).unwrap();
            assert_eq!(serde_json::to_value(&key).unwrap(), jwk, "{name}");
        } else if !name.contains("encryption") {
            let algorithm = match text(&jwk["kty"]) {
                "EC" => Algorithm::Es512,
                "RSA" => Algorithm::Rs256,
                _ => Algorithm::Hs256,
            };
            let key = Key::from_jwk_for(algorithm, &jwk.to_string()).unwrap();
            let written: Value = serde_json::from_str(&key.to_private_jwk().unwrap()).unwrap();
            let mut expected = jwk.clone();
            expected["alg"] = algorithm.as_str().into();
            assert_eq!(written, expected, "{name}");
        }
    }
}

/// Entries of the cookbook whose names begin so.
pub(crate) fn entries(prefixes: &[&str]) -> Vec<(String, Value)> {
    let Value::Object(book) = vectors("cookbook.json") else {
        panic!("the cookbook is an object");
    };
    let found: Vec<_> = book
        .into_iter()
        .filter(|(name, _)| prefixes.iter().any(|prefix| name.starts_with(prefix)))
        .collect();
    assert!(!found.is_empty());
    found
}

fn verify(
    serialization: &str,
    token: &Value,
    payload: &[u8],
    keys: &KeySet,
    algorithms: &[Algorithm],
) -> Result<jws::Jws, Error> {
    let Some(compact) = token.as_str() else {
        let detached = token.get("payload").is_none();
        let token = token.to_string();
        return if detached {
            jws::verify_json_detached(&token, payload, keys, algorithms)
        } else {
            jws::verify_json(&token, keys, algorithms)
        };
    };
    assert_eq!(serialization, "compact");
    if compact.contains("..") {
        jws::verify_detached(compact, payload, keys, algorithms)
    } else if compact.contains("ImI2NCI6ZmFsc2U") {
        jws::verify_unencoded(compact, keys, algorithms)
    } else {
        jws::verify(compact, keys, algorithms)
    }
}

/// Returns the keys that verify a case, and the algorithms it uses.
fn keys(case: &Value) -> (KeySet, Vec<Algorithm>) {
    let several = |value: &Value| match value {
        Value::Array(values) => values.clone(),
        value => vec![value.clone()],
    };
    let keys = several(&case["input"]["key"]);
    let names = several(&case["input"]["alg"]);
    let algorithms: Vec<Algorithm> = names
        .iter()
        .map(|name| text(name).parse().unwrap())
        .collect();
    let signers: Vec<Key> = keys
        .iter()
        .zip(&names)
        .map(|(key, name)| {
            let kid = key["kid"].as_str().unwrap_or("").to_owned();
            let signer = signing_key(key, name);
            if kid.is_empty() {
                signer
            } else {
                signer.with_key_id(kid)
            }
        })
        .collect();
    let public = signers.iter().filter_map(Key::public).cloned();
    let public: KeySet = public.collect();
    let secrets: Vec<&Key> = signers
        .iter()
        .filter(|key| key.public().is_none())
        .collect();
    if public.keys().is_empty() {
        return (KeySet::from_secrets(secrets).unwrap(), algorithms);
    }
    (public, algorithms)
}

fn signing_key(key: &Value, algorithm: &Value) -> Key {
    let mut members: Map<String, Value> = key.as_object().unwrap().clone();
    members.remove("ext");
    let jwk = Value::Object(members).to_string();
    Key::from_jwk_for(text(algorithm).parse().unwrap(), &jwk).unwrap()
}

#[test]
fn a_general_token_verifies_with_each_of_its_keys() {
    let (_, case) = entries(&["jws/4_8"]).remove(0);
    let token = case["output"]["json"].to_string();
    let payload = text(&case["input"]["payload"]).as_bytes();
    let inputs = list(&case["input"]["key"])
        .iter()
        .zip(list(&case["input"]["alg"]));
    let mut verified = 0;
    for (key, algorithm) in inputs {
        let key = signing_key(key, algorithm);
        let keys = match key.public() {
            Some(public) => [public.clone()].into_iter().collect(),
            None => KeySet::from_secrets([&key]).unwrap(),
        };
        let jws = jws::verify_json(&token, &keys, &[key.algorithm()]).unwrap();
        assert_eq!(
            (jws.algorithm, jws.payload.as_slice()),
            (key.algorithm(), payload)
        );
        verified += 1;
    }
    assert_eq!(verified, 3);
}
