//! Every compact token that is printed in a specification, tried with every key that is.

use grantor_jose::jwe::{self, DecryptionKey, KeyManagement, Policy};
use grantor_jose::{Algorithm, Error, Key, KeySet, PublicKey, jws};
use serde_json::{Map, Value};

use crate::{list, text, vectors};

#[test]
fn printed_tokens_verify_with_printed_keys_and_the_others_lack_only_a_key() {
    let keys = Printed::new();
    let (mut verified, mut decrypted, mut without_key, mut refused) = (0, 0, 0, 0);
    for case in list(&vectors("compact-tokens.json")["tokens"]) {
        let token = text(&case["compact"]);
        let alg = text(&case["header"]["alg"]);
        let place = format!("{} {} {alg}", case["doc"], case["section"]);
        if alg == "none" {
            let found = jws::verify(token, &KeySet::new(), Algorithm::ALL).unwrap_err();
            let critical = case["header"].get("crit").is_some();
            let expected = if critical {
                Error::CriticalHeader
            } else {
                Error::UnsupportedAlgorithm
            };
            assert_eq!(found, expected, "{place}");
            refused += 1;
        } else if case["kind"] == "JWE" {
            match keys.decrypt(token, alg) {
                Some(Ok(())) => decrypted += 1,
                Some(Err(Error::UnsupportedAlgorithm)) if alg == "RSA1_5" => refused += 1,
                None => without_key += 1,
                Some(Err(error)) => panic!("{place}: {error}"),
            }
        } else if keys.verify(token, alg.parse().unwrap(), &case["header"]["jwk"]) {
            verified += 1;
        } else {
            let found = jws::verify(token, &KeySet::new(), Algorithm::ALL);
            let payload_elsewhere = token.contains("..");
            let found = match found {
                Err(Error::CriticalHeader) if payload_elsewhere => Error::UnknownKey,
                found => found.unwrap_err(),
            };
            assert_eq!(found, Error::UnknownKey, "{place}");
            without_key += 1;
        }
    }
    assert_eq!((verified, decrypted, without_key, refused), (35, 12, 36, 8));
}

struct Printed(Vec<Value>);

impl Printed {
    fn new() -> Self {
        let keys = vectors("printed-keys.json");
        Self(
            list(&keys)
                .iter()
                .map(|entry| entry["jwk"].clone())
                .collect(),
        )
    }

    fn verify(&self, token: &str, algorithm: Algorithm, embedded: &Value) -> bool {
        let embedded = Some(embedded).filter(|jwk| jwk.is_object());
        self.0.iter().chain(embedded).any(|jwk| {
            let Some(keys) = key_set(jwk, algorithm) else {
                return false;
            };
            jws::verify(token, &keys, &[algorithm]).is_ok()
                || jws::verify_detached(token, DETACHED.as_bytes(), &keys, &[algorithm]).is_ok()
                || jws::verify_detached(token, b"$.02", &keys, &[algorithm]).is_ok()
        })
    }

    /// Nothing if no key is the right one.
    fn decrypt(&self, token: &str, alg: &str) -> Option<Result<(), Error>> {
        let Ok(algorithm) = alg.parse::<KeyManagement>() else {
            return Some(Err(Error::UnsupportedAlgorithm));
        };
        let policy = Policy::new().danger_inflate_up_to(10_000);
        let passwords = PASSWORDS
            .iter()
            .filter_map(|one| DecryptionKey::from_password(algorithm, one.as_bytes()).ok());
        let keys = self.0.iter().filter_map(|jwk| {
            let jwk = without(jwk, &["alg", "use", "key_ops", "kid"]);
            DecryptionKey::from_jwk_for(algorithm, &jwk.to_string()).ok()
        });
        let header_key = |key: DecryptionKey| match kid(token) {
            Some(kid) => key.with_key_id(kid),
            None => key,
        };
        keys.chain(passwords)
            .map(header_key)
            .map(|key| jwe::decrypt(token, &[key], &policy))
            .find(Result::is_ok)
            .map(|found| found.map(|_| ()))
    }
}

/// A set with this key under the id of no matter which token.
fn key_set(jwk: &Value, algorithm: Algorithm) -> Option<KeySet> {
    let mut jwk = without(jwk, &["alg", "use", "key_ops"]);
    if jwk["kty"] == "oct" {
        let key = Key::from_jwk_for(algorithm, &jwk.to_string()).ok()?;
        return KeySet::from_secrets([&key]).ok();
    }
    jwk = without(&jwk, &["d", "p", "q", "dp", "dq", "qi"]);
    let key = PublicKey::from_jwk(&jwk.to_string()).ok()?;
    key.verifies(algorithm).then(|| [key].into_iter().collect())
}

fn without(jwk: &Value, names: &[&str]) -> Value {
    let members = jwk.as_object().unwrap().iter();
    let members: Map<String, Value> = members
        .filter(|(name, _)| !names.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    Value::Object(members)
}

fn kid(token: &str) -> Option<String> {
    let header = grantor_jose::base64url::decode(token.split('.').next()?).ok()?;
    let header: Value = serde_json::from_slice(&header).ok()?;
    header["kid"].as_str().map(str::to_owned)
}

/// RFC 7520 section 4.
const DETACHED: &str = "It\u{2019}s a dangerous business, Frodo, going out your door. You step onto the \
    road, and if you don't keep your feet, there\u{2019}s no knowing where you might be swept off to.";

/// RFC 7517 appendix C.4 and RFC 7520 section 5.3.
const PASSWORDS: [&str; 2] = [
    "Thus from my lips, by yours, my sin is purged.",
    "entrap_o\u{2013}peter_long\u{2013}credit_tun",
];
