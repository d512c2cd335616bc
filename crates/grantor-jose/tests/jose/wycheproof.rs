//! The vectors of Wycheproof.

use grantor_jose::{Algorithm, Error, Key, KeySet, PublicKey, base64url, jws};
use serde_json::{Value, json};

use crate::table::{Answer, Suite, Table, check, check_mutants};
use crate::{from_hex, list, text, vectors};

/// Verifiers of signatures; each is a row of the table in the crate's documentation.
const SUITES: &[Suite] = &[
    json_web_signature,
    json_web_key,
    json_web_crypto_signatures,
    |answer| raw("Ed25519", "ed25519", Algorithm::EdDsa, answer),
    |answer| raw("ECDSA P-256", "ecdsa-p256", Algorithm::Es256, answer),
    |answer| raw("ECDSA P-384", "ecdsa-p384", Algorithm::Es384, answer),
    |answer| raw("ECDSA P-521", "ecdsa-p521", Algorithm::Es512, answer),
    |answer| {
        raw(
            "ECDSA secp256k1",
            "ecdsa-secp256k1",
            Algorithm::Es256k,
            answer,
        )
    },
    |answer| {
        raw(
            "RSA PKCS#1 SHA-256",
            "rsa-2048-sha256",
            Algorithm::Rs256,
            answer,
        )
    },
    |answer| {
        raw(
            "RSA PKCS#1 SHA-384",
            "rsa-2048-sha384",
            Algorithm::Rs384,
            answer,
        )
    },
    |answer| {
        raw(
            "RSA PKCS#1 SHA-512",
            "rsa-2048-sha512",
            Algorithm::Rs512,
            answer,
        )
    },
    |answer| {
        raw(
            "RSA PSS SHA-256",
            "rsa-pss-2048-sha256",
            Algorithm::Ps256,
            answer,
        )
    },
    |answer| {
        raw(
            "RSA PSS SHA-384",
            "rsa-pss-4096-sha384",
            Algorithm::Ps384,
            answer,
        )
    },
    |answer| {
        raw(
            "RSA PSS SHA-512",
            "rsa-pss-4096-sha512",
            Algorithm::Ps512,
            answer,
        )
    },
    |answer| hmac("HMAC SHA-256", "hmac-sha256", Algorithm::Hs256, answer),
    |answer| hmac("HMAC SHA-384", "hmac-sha384", Algorithm::Hs384, answer),
    |answer| hmac("HMAC SHA-512", "hmac-sha512", Algorithm::Hs512, answer),
];

#[test]
fn signatures_of_wycheproof() {
    check("Wycheproof, signatures", SUITES);
}

#[test]
fn broken_verifiers_are_noticed() {
    check_mutants(SUITES);
}

fn json_web_signature(answer: Answer) -> Table {
    let mut table = Table::new("JSON Web Signature", answer);
    for group in list(&vectors("wycheproof-json-web-signature.json")["testGroups"]) {
        signatures(&mut table, group);
    }
    table
}

fn json_web_key(answer: Answer) -> Table {
    let mut table = Table::new("JSON Web Key", answer);
    for group in list(&vectors("wycheproof-json-web-key.json")["testGroups"]) {
        signatures(&mut table, group);
    }
    table
}

fn json_web_crypto_signatures(answer: Answer) -> Table {
    let mut table = Table::new("JSON Web Crypto, JWS", answer);
    for group in list(&vectors("wycheproof-json-web-crypto.json")["testGroups"]) {
        if !text(&group["comment"]).starts_with("jwe") {
            signatures(&mut table, group);
        }
    }
    table
}

fn signatures(table: &mut Table, group: &Value) {
    let mut jwk = group["public"].clone();
    if jwk.is_null() {
        jwk = group["private"].clone();
    }
    // RFC 7518 section 3.1 has "ES512" for the curve P-521; "ES521" is no algorithm.
    let misspelt = jwk["alg"] == "ES521" && jwk["crv"] == "P-521";
    let keys = keys(&jwk);
    let mut valid_tokens: Vec<&str> = Vec::new();
    for test in list(&group["tests"]) {
        if misspelt {
            table.leave_out("the key's `alg` is `ES521`, which no specification has");
            continue;
        }
        // RFC 7517 section 4.4: "alg" of a key "identifies the algorithm intended for use with
        // the key"; here the key says PS256 and the token PS384.
        if jwk["alg"] == "PS256" && test["comment"] == "Figure20" {
            table.leave_out("the key is for PS256, the token is signed with PS384");
            continue;
        }
        if test["jws"]
            .as_str()
            .is_some_and(|token| valid_tokens.contains(&token))
        {
            table
                .leave_out("the padding that makes it invalid is lost: a valid one, word for word");
            continue;
        }
        let valid = test["result"] == "valid";
        // RFC 7515 section 2: base64url is "without the inclusion of any line breaks, whitespace,
        // or other additional characters"; the file takes these for valid.
        let other_characters = [
            "InvalidCharacterInsertedInHeader",
            "InvalidCharacterInsertedInPayload",
        ]
        .contains(&text(&test["comment"]));
        if valid && other_characters {
            table.leave_out("valid there, but with characters that base64url has not");
        }
        let valid = valid && !other_characters;
        // The file has the general JSON serialization as an object.
        let token = test["jws"]
            .as_str()
            .map_or(test["jws"].to_string(), Into::into);
        let verify = |keys: &KeySet| jws::verify(&token, keys, Algorithm::ALL).is_ok();
        let accepted = keys.as_ref().is_ok_and(verify);
        if valid {
            valid_tokens.extend(test["jws"].as_str());
        }
        table.case(&test["tcId"], valid, accepted);
    }
}

/// A set of public keys or of secrets, from one JWK or a set.
fn keys(jwk: &Value) -> Result<KeySet, Error> {
    let set = match &jwk["keys"] {
        Value::Null => json!({ "keys": [jwk] }),
        _ => jwk.clone(),
    };
    let secret = list(&set["keys"]).iter().any(|key| key["kty"] == "oct");
    let set = set.to_string();
    if secret {
        KeySet::from_secrets_json(set.as_bytes())
    } else {
        KeySet::from_json(set.as_bytes())
    }
}

fn raw(name: &'static str, file: &str, algorithm: Algorithm, answer: Answer) -> Table {
    let mut table = Table::new(name, answer);
    for group in list(&vectors(&format!("wycheproof-{file}.json"))["testGroups"]) {
        let key = public_key(group);
        for test in list(&group["tests"]) {
            // "acceptable" are those without the NULL of RFC 8017 section 9.2, so invalid here.
            let valid = test["result"] == "valid";
            let message = from_hex(text(&test["msg"]));
            let found = key.verify(algorithm, &message, &from_hex(text(&test["sig"])));
            table.case(&test["tcId"], valid, found.is_ok());
        }
    }
    table
}

fn public_key(group: &Value) -> PublicKey {
    match group["publicKeyDer"].as_str() {
        Some(der) => PublicKey::from_spki_der(&from_hex(der)).unwrap(),
        None => panic!("no key: {group}"),
    }
}

fn hmac(name: &'static str, file: &str, algorithm: Algorithm, answer: Answer) -> Table {
    let mut table = Table::new(name, answer);
    for group in list(&vectors(&format!("wycheproof-{file}.json"))["testGroups"]) {
        for test in list(&group["tests"]) {
            let secret = from_hex(text(&test["key"]));
            let Ok(key) = Key::from_secret(algorithm, &secret) else {
                table.leave_out("the key is shorter than the hash");
                continue;
            };
            let keys = KeySet::from_secrets([&key]).unwrap();
            // Inside a token, so that the verifier of tokens is what is tested.
            let header = format!(r#"{{"alg":"{algorithm}"}}"#);
            let payload = from_hex(text(&test["msg"]));
            let input = [header.as_bytes(), &payload]
                .map(base64url::encode)
                .join(".");
            let right = key.sign_bytes(input.as_bytes()).unwrap();
            let tag = from_hex(text(&test["tag"]));
            let expected = key.sign_bytes(&payload).unwrap();
            let valid = test["result"] == "valid" && tag.len() == right.as_bytes().len();
            if test["result"] == "valid" && !valid {
                table.leave_out("valid there, but truncated, which JWS does not know");
            }
            let accepted = expected.as_bytes() == tag;
            let token = format!("{input}.{}", base64url::encode(right.as_bytes()));
            assert!(jws::verify(&token, &keys, &[algorithm]).is_ok());
            table.case(&test["tcId"], valid, accepted);
        }
    }
    table
}
