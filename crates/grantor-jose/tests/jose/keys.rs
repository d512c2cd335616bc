//! Keys and sets of keys, honest and hostile.

use grantor_jose::{Algorithm, Error, Key, KeySet, PublicKey};
use serde_json::{Value, json};

use crate::table::{Answer, Table};
use crate::{list, text, vectors};

/// A row of the table in the crate's documentation; it also wants the right reasons.
pub(crate) fn hostile_keys(answer: Answer) -> Table {
    let mut table = Table::new("JWKs", answer);
    for case in list(&vectors("jwk-negative.json")["jwks"]) {
        let id = text(&case["id"]);
        let found = PublicKey::from_jwk(&case["jwk"].to_string());
        let accepted = match (text(&case["expect"]), &found) {
            ("reject-for-signature" | "reject-for-verify", Ok(key)) => {
                key.verifies(Algorithm::Es256)
            }
            (_, found) => found.is_ok(),
        };
        if id == "x5c-mismatch" {
            table.leave_out("invalid there; certificates in a JWK are neither read nor trusted");
            table.case(id, true, accepted);
            continue;
        }
        match text(&case["expect"]) {
            "ignore" => assert_eq!(found.unwrap_err(), Error::UnsupportedKey, "{id}"),
            "reject" | "reject-recommended" | "reject-or-tolerate" => {
                assert_eq!(found.unwrap_err(), reason(id), "{id}");
            }
            _ => {}
        }
        table.case(id, case["expect"] == "accept", accepted);
    }
    table
}

fn reason(id: &str) -> Error {
    match id {
        "ec-missing-y" => Error::InvalidKey("y"),
        "ec-d-mismatch" | "oct-empty" | "oct-short-hs256" => Error::PrivateKey,
        "kty-missing" => Error::InvalidKey("kty"),
        "alg-mismatch" => Error::InvalidKey("alg"),
        "key_ops-duplicate" => Error::InvalidKey("key_ops"),
        _ if id.starts_with("rsa-e-") => Error::InvalidKey("e"),
        _ if id.starts_with("rsa-") => Error::InvalidKey("n"),
        _ => Error::InvalidKey("x"),
    }
}

/// A row of the table in the crate's documentation: of a set that is accepted, the key can be used.
pub(crate) fn hostile_sets(answer: Answer) -> Table {
    let mut table = Table::new("JWK Sets", answer);
    for case in list(&vectors("jwk-negative.json")["sets"]) {
        let id = text(&case["id"]);
        let expect = text(&case["expect"]);
        let set = KeySet::from_json(case["jwks"].to_string().as_bytes());
        let usable = set.and_then(|set| set.select(None, Algorithm::Es256).cloned());
        let valid = ["select-by-kty", "use-good-key"].contains(&expect);
        table.case(id, valid, usable.is_ok());
    }
    table
}

#[test]
fn sets_are_read_refused_or_cut_down_as_expected() {
    let file = vectors("jwk-negative.json");
    let set = |id: &str| {
        let case = list(&file["sets"]).iter().find(|case| case["id"] == id);
        KeySet::from_json(case.unwrap()["jwks"].to_string().as_bytes())
    };
    assert_eq!(set("jwks-with-private").unwrap_err(), Error::PrivateKey);
    assert_eq!(set("jwks-with-oct").unwrap_err(), Error::PrivateKey);
    assert!(set("jwks-not-array").is_err());
    assert!(set("jwks-keys-missing").is_err());

    let two_types = set("jwks-dup-kid-diff-kty").unwrap();
    for algorithm in [Algorithm::Es256, Algorithm::Rs256] {
        let key = two_types.select(Some("ec-1"), algorithm).unwrap();
        assert_eq!(key.algorithm(), Some(algorithm));
    }

    let ambiguous = set("jwks-dup-kid-same-kty").unwrap();
    let found = ambiguous.select(Some("ec-1"), Algorithm::Es256);
    assert_eq!(found.unwrap_err(), Error::AmbiguousKey);

    let one_good = set("jwks-one-bad-one-good").unwrap();
    assert_eq!(one_good.keys().len(), 1);
    assert_eq!(one_good.skipped()[0].index, 0);
    assert_eq!(one_good.skipped()[0].reason, Error::UnsupportedKey);

    let empty = set("jwks-empty").unwrap();
    let found = empty.select(None, Algorithm::Es256);
    assert_eq!(found.unwrap_err(), Error::UnknownKey);
    assert_eq!(list(&file["sets"]).len(), 8, "a set is not tested");
}

#[test]
fn a_set_with_a_duplicate_member_or_garbage_is_refused() {
    for bad in [
        r#"{"keys":[],"keys":[]}"#,
        r#"{"keys":[{"kty":"EC","kty":"RSA"}]}"#,
        r#"{"keys":[1]}"#,
        r#"{"keys":[]} x"#,
        "[]",
    ] {
        assert!(KeySet::from_json(bad.as_bytes()).is_err(), "{bad}");
    }
    let long = format!(r#"{{"keys":[],"x":"{}"}}"#, "x".repeat(1 << 20));
    let found = KeySet::from_json(long.as_bytes()).unwrap_err();
    assert_eq!(found, Error::TooLarge);
}

#[test]
fn a_set_that_is_cut_off_is_refused() {
    let file = vectors("jwt-attacks.json");
    let set = file["context"]["jwks"].to_string();
    assert_eq!(KeySet::from_json(set.as_bytes()).unwrap().keys().len(), 4);
    for end in 0..set.len() {
        assert!(KeySet::from_json(&set.as_bytes()[..end]).is_err());
    }
}

#[test]
fn selection_goes_by_id_use_and_algorithm() {
    let key = |id: &str| {
        let key = Key::generate(Algorithm::EdDsa).unwrap().with_key_id(id);
        key.public().unwrap().clone()
    };
    let set: KeySet = [key("a"), key("b")].into_iter().collect();
    let selected = |id, algorithm| set.select(id, algorithm).map(|key| key.key_id().unwrap());
    assert_eq!(selected(Some("b"), Algorithm::EdDsa), Ok("b"));
    assert_eq!(
        selected(Some("b"), Algorithm::Es256),
        Err(Error::UnknownKey)
    );
    assert_eq!(
        selected(Some("B"), Algorithm::EdDsa),
        Err(Error::UnknownKey)
    );
    assert_eq!(selected(None, Algorithm::EdDsa), Err(Error::AmbiguousKey));
    assert_eq!(selected(None, Algorithm::Rs256), Err(Error::UnknownKey));
}

#[test]
fn a_key_without_id_is_only_for_tokens_without_id() {
    let key = Key::generate(Algorithm::Es256).unwrap();
    let mut jwk = serde_json::to_value(key.public().unwrap()).unwrap();
    jwk.as_object_mut().unwrap().remove("kid");
    let set = KeySet::from_json(json!({"keys": [jwk]}).to_string().as_bytes()).unwrap();
    assert!(set.select(None, Algorithm::Es256).is_ok());
    let found = set.select(Some(key.key_id()), Algorithm::Es256);
    assert_eq!(found.unwrap_err(), Error::UnknownKey);
}

#[test]
fn the_same_key_twice_is_not_ambiguous() {
    let key = Key::generate(Algorithm::Es256).unwrap();
    let jwk = serde_json::to_value(key.public().unwrap()).unwrap();
    let mut for_encryption = jwk.clone();
    for_encryption["use"] = json!("enc");
    let set = json!({"keys": [for_encryption, jwk, jwk]}).to_string();
    let set = KeySet::from_json(set.as_bytes()).unwrap();
    for id in [Some(key.key_id()), None] {
        let selected = set.select(id, Algorithm::Es256).unwrap();
        assert_eq!(serde_json::to_value(selected).unwrap(), jwk);
    }
}

#[test]
fn what_is_published_is_public_and_reads_back() {
    for algorithm in Algorithm::ALL {
        let key = Key::generate(*algorithm).unwrap().with_key_id("k \"1\"");
        let set: KeySet = key.public().cloned().into_iter().collect();
        let published = serde_json::to_string(&set).unwrap();
        if algorithm.is_symmetric() {
            assert_eq!(published, r#"{"keys":[]}"#);
            continue;
        }
        let json: Value = serde_json::from_str(&published).unwrap();
        let members = json["keys"][0].as_object().unwrap();
        for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert!(!members.contains_key(private));
        }
        assert_eq!(members["alg"], algorithm.as_str());
        assert_eq!(members["kid"], "k \"1\"");
        assert_eq!(members["use"], "sig");
        let read = KeySet::from_json(published.as_bytes()).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), published);
    }
}

#[test]
fn use_and_operations_read_back() {
    let key = Key::generate(Algorithm::Es256).unwrap();
    let mut jwk = serde_json::to_value(key.public().unwrap()).unwrap();
    for (member, value) in [
        ("use", json!("enc")),
        ("key_ops", json!(["sign", "deriveKey"])),
    ] {
        jwk[member] = value;
        let read = PublicKey::from_jwk(&jwk.to_string()).unwrap();
        assert!(!read.verifies(Algorithm::Es256));
        assert_eq!(serde_json::to_value(&read).unwrap(), jwk);
        jwk["use"] = json!("sig");
    }
}

#[test]
fn pkcs8_round_trips_and_only_with_algorithms_of_its_type() {
    for algorithm in Algorithm::ALL {
        let key = Key::generate(*algorithm).unwrap();
        if algorithm.is_symmetric() {
            assert_eq!(key.to_pkcs8_der().unwrap_err(), Error::UnsupportedKey);
            continue;
        }
        let der = key.to_pkcs8_der().unwrap();
        let public = key.public().unwrap();
        let any = PublicKey::from_spki_der(&public.to_spki_der()).unwrap();
        for other in Algorithm::ALL {
            match Key::from_pkcs8_der(*other, &der) {
                Ok(read) if any.verifies(*other) => assert_eq!(read.key_id(), key.key_id()),
                Err(Error::UnsupportedKey) if other.is_symmetric() => {}
                Err(Error::NotPkcs8) if !any.verifies(*other) => {}
                found => panic!("{algorithm} read as {other}: {found:?}"),
            }
        }
        assert!(Key::from_pkcs8_der(*algorithm, &der[..der.len() - 1]).is_err());
        assert!(Key::from_pkcs8_der(*algorithm, b"").is_err());
    }
}

#[test]
fn debug_shows_nothing_private() {
    for algorithm in Algorithm::ALL {
        let key = Key::generate(*algorithm).unwrap();
        let shown = format!("{key:?}");
        let expected = format!(
            "Key {{ algorithm: {algorithm:?}, key_id: {:?}, .. }}",
            key.key_id()
        );
        assert_eq!(shown, expected);
    }
}
