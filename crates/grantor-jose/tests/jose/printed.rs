//! Every compact token that is printed in a specification, tried with every key that is.

use grantor_jose::jwe::{self, DecryptionKey, KeyManagement, Policy};
use grantor_jose::{Algorithm, Error, Key, KeySet, PublicKey, jws};
use serde_json::{Map, Value};

use crate::cookbook::changed;
use crate::table::{Answer, Suite, Table, check, check_mutants};
use crate::{list, text, vectors};

/// Each is a row of the table in the crate's documentation.
const SUITES: &[Suite] = &[signed, encrypted];

#[test]
fn printed_tokens_are_accepted_and_changed_ones_refused() {
    check("Printed tokens", SUITES);
}

#[test]
fn a_broken_verifier_is_noticed() {
    check_mutants(SUITES);
}

fn signed(answer: Answer) -> Table {
    let mut table = Table::new("JWS", answer);
    let keys = Printed::new();
    for case in tokens("JWS") {
        let token = text(&case["compact"]);
        let place = place(&case);
        let algorithm = match text(&case["header"]["alg"]) {
            "none" => {
                table.leave_out("printed with `none`, which is refused");
                let found = jws::verify(token, &KeySet::new(), Algorithm::ALL);
                table.case(place, false, found.is_ok());
                continue;
            }
            alg => alg.parse().unwrap(),
        };
        let embedded = &case["header"]["jwk"];
        if keys.verify(token, algorithm, embedded) {
            table.case(&place, true, true);
            let changed = changed(&case["compact"]);
            let found = keys.verify(text(&changed), algorithm, embedded);
            table.case(&place, false, found);
            continue;
        }
        table.leave_out(WITHOUT_KEY);
        let found = jws::verify(token, &KeySet::new(), Algorithm::ALL).unwrap_err();
        let payload_elsewhere = found == Error::CriticalHeader && token.contains("..");
        assert!(
            found == Error::UnknownKey || payload_elsewhere,
            "{place}: {found}"
        );
    }
    table
}

fn encrypted(answer: Answer) -> Table {
    let mut table = Table::new("JWE", answer);
    let keys = Printed::new();
    for case in tokens("JWE") {
        let place = place(&case);
        let alg = text(&case["header"]["alg"]);
        match keys.decrypt(text(&case["compact"]), alg) {
            Some(Ok(())) => {
                table.case(&place, true, true);
                let found = keys.decrypt(text(&changed(&case["compact"])), alg);
                table.case(&place, false, found.is_some());
            }
            Some(Err(error)) => {
                assert_eq!(
                    (error, alg),
                    (Error::UnsupportedAlgorithm, "RSA1_5"),
                    "{place}"
                );
                table.leave_out("printed with `RSA1_5`, which is refused");
                table.case(place, false, false);
            }
            None => table.leave_out(WITHOUT_KEY),
        }
    }
    table
}

const WITHOUT_KEY: &str = "no key for it is printed: it is read, and lacks nothing else";

fn tokens(kind: &str) -> Vec<Value> {
    let file = vectors("compact-tokens.json");
    let of_kind = |case: &&Value| (case["kind"] == "JWE") == (kind == "JWE");
    list(&file["tokens"])
        .iter()
        .filter(of_kind)
        .cloned()
        .collect()
}

fn place(case: &Value) -> String {
    format!(
        "{} {} {}",
        case["doc"], case["section"], case["header"]["alg"]
    )
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

    /// Returns none if no key is the right one.
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
