//! JWE against vectors.

use grantor_jose::jwe::{self, DecryptionKey, KeyManagement, Policy};
use serde_json::Value;

use crate::cookbook::{changed, entries};
use crate::table::{Answer, Suite, Table, check, check_mutants};
use crate::{from_hex, list, text, vectors};

/// Each is a row of the table in the crate's documentation.
const SUITES: &[Suite] = &[json_web_encryption, json_web_crypto_encryption];

#[test]
fn encryption_of_wycheproof() {
    check("Wycheproof, encryption", SUITES);
}

#[test]
fn broken_decryption_is_noticed() {
    check_mutants(SUITES);
}

fn json_web_encryption(answer: Answer) -> Table {
    let mut table = Table::new("JSON Web Encryption", answer);
    for group in list(&vectors("wycheproof-json-web-encryption.json")["testGroups"]) {
        tokens(&mut table, group);
    }
    table
}

fn json_web_crypto_encryption(answer: Answer) -> Table {
    let mut table = Table::new("JSON Web Crypto, JWE", answer);
    for group in list(&vectors("wycheproof-json-web-crypto.json")["testGroups"]) {
        if text(&group["comment"]).starts_with("jwe") {
            tokens(&mut table, group);
        }
    }
    table
}

fn tokens(table: &mut Table, group: &Value) {
    let jwk = &group["private"];
    let keys = DecryptionKey::from_jwk(&jwk.to_string()).map(|key| vec![key]);
    for test in list(&group["tests"]) {
        let valid = test["result"] == "valid";
        // RFC 8725 section 3.2: "Avoid all RSA-PKCS1 v1.5 encryption algorithms".
        if valid && jwk["alg"] == "RSA1_5" {
            table.leave_out("valid there, but with `RSA1_5`, which is refused");
            table.case(&test["tcId"], false, keys.is_ok());
            continue;
        }
        let compressed = test["flags"].to_string().contains("CompressedPlaintext");
        let policy = if compressed {
            Policy::new().danger_inflate_up_to(10_000)
        } else {
            Policy::new()
        };
        let token = test["jwe"]
            .as_str()
            .map_or(test["jwe"].to_string(), Into::into);
        let found = keys
            .as_ref()
            .map_err(|error| *error)
            .and_then(|keys| jwe::decrypt(&token, keys, &policy));
        let mut accepted = found.is_ok();
        if let (Ok(jwe), Some(expected)) = (found, test["pt"].as_str()) {
            accepted = !valid || jwe.plaintext == from_hex(expected);
        }
        table.case(&test["tcId"], valid, accepted);
    }
}

/// A row of the cookbook.
pub(crate) fn cookbook(title: &'static str, prefixes: &[&str], answer: Answer) -> Table {
    let mut table = Table::new(title, answer);
    for (name, case) in entries(prefixes) {
        let input = &case["input"];
        let policy = Policy::new().danger_inflate_up_to(10_000);
        for (recipient, key) in decryption_keys(input).into_iter().enumerate() {
            for (serialization, token) in case["output"].as_object().unwrap() {
                let id = format!("{name} {serialization} {recipient}");
                let Some(key) = &key else {
                    assert!(input["alg"].to_string().contains("RSA1_5"), "{name}");
                    table.leave_out("valid there, but with `RSA1_5`, which is refused");
                    continue;
                };
                let keys = std::slice::from_ref(key);
                let decrypt = |token: &Value| match token.as_str() {
                    Some(compact) => jwe::decrypt(compact, keys, &policy),
                    None => jwe::decrypt_json(&token.to_string(), keys, &policy),
                };
                let plaintext = text(&input["plaintext"]).as_bytes();
                let right = decrypt(token).is_ok_and(|jwe| jwe.plaintext == plaintext);
                table.case(&id, true, right);
                table.case(&id, false, decrypt(&changed(token)).is_ok());
            }
        }
    }
    table
}

/// One for each recipient; none for `RSA1_5`.
fn decryption_keys(input: &Value) -> Vec<Option<DecryptionKey>> {
    let several = |value: &Value| match value {
        Value::Array(values) => values.clone(),
        value => vec![value.clone()],
    };
    let names = several(&input["alg"]);
    let Some(password) = input["pwd"].as_str() else {
        return several(&input["key"])
            .iter()
            .zip(&names)
            .map(|(key, name)| decryption_key(key, text(name)))
            .collect();
    };
    let algorithm = text(&names[0]).parse().unwrap();
    vec![DecryptionKey::from_password(algorithm, password.as_bytes()).ok()]
}

fn decryption_key(key: &Value, algorithm: &str) -> Option<DecryptionKey> {
    let algorithm: KeyManagement = algorithm.parse().ok()?;
    Some(DecryptionKey::from_jwk_for(algorithm, &key.to_string()).unwrap())
}

#[test]
fn a_signed_token_inside_of_an_encrypted_one() {
    let (_, case) = entries(&["6."]).remove(0);
    let encryption = &case["encrypt"];
    let key = decryption_key(&encryption["input"]["key"], "RSA-OAEP").unwrap();
    let token = text(&encryption["output"]["compact"]);
    let jwe = jwe::decrypt(token, &[key], &Policy::new()).unwrap();
    assert_eq!(jwe.content_type.as_deref(), Some("JWT"));
    let signed = text(&case["sign"]["output"]["compact"]);
    assert_eq!(jwe.plaintext, signed.as_bytes());
}
