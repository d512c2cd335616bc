//! Tokens in JSON, and tokens with a payload that is not encoded.

use grantor_jose::{Algorithm, Error, Key, KeySet, Part, base64url, jws};
use serde_json::{Value, json};

const ALGORITHMS: &[Algorithm] = &[Algorithm::EdDsa, Algorithm::Es256];

fn keys<'a>(keys: impl IntoIterator<Item = &'a Key>) -> KeySet {
    keys.into_iter().filter_map(Key::public).cloned().collect()
}

fn two() -> (Key, Key) {
    let key = |algorithm| Key::generate(algorithm).unwrap();
    (key(Algorithm::EdDsa), key(Algorithm::Es256))
}

#[test]
fn one_key_signs_flattened_and_several_general() {
    let (a, b) = two();
    let header = jws::Header::new().with_typ("x").with_content_type("y");
    let flattened = jws::sign_json(&[(&a, &header)], b"payload").unwrap();
    let parsed: Value = serde_json::from_str(&flattened).unwrap();
    assert!(parsed["signature"].is_string());
    let general = jws::sign_json(&[(&a, &header), (&b, &header)], b"payload").unwrap();
    for (token, signer) in [(&flattened, &a), (&general, &a), (&general, &b)] {
        let jws = jws::verify_json(token, &keys([signer]), ALGORITHMS).unwrap();
        assert_eq!(jws.payload, b"payload");
        assert_eq!(jws.key_id.as_deref(), Some(signer.key_id()));
        assert_eq!(
            (jws.typ.as_deref(), jws.content_type.as_deref()),
            (Some("x"), Some("y"))
        );
    }
    let stranger = Key::generate(Algorithm::EdDsa).unwrap();
    let found = jws::verify_json(&general, &keys([&stranger]), ALGORITHMS);
    assert_eq!(found.unwrap_err(), Error::UnknownKey);
    assert!(jws::sign_json(&[], b"payload").is_err());
}

#[test]
fn a_payload_elsewhere_must_be_the_one_that_was_signed() {
    let (a, b) = two();
    for header in [jws::Header::new(), jws::Header::new().unencoded()] {
        let payload = b"$.02 \xff\0";
        let compact = jws::sign_detached(&a, &header, payload).unwrap();
        assert!(compact.contains(".."));
        let verify = |payload| jws::verify_detached(&compact, payload, &keys([&a]), ALGORITHMS);
        assert_eq!(verify(payload).unwrap().payload, payload);
        assert_eq!(verify(b"$.03").unwrap_err(), Error::BadSignature);
        let token = jws::sign_json_detached(&[(&a, &header), (&b, &header)], payload).unwrap();
        let verify = |payload| jws::verify_json_detached(&token, payload, &keys([&b]), ALGORITHMS);
        assert_eq!(verify(payload).unwrap().payload, payload);
        assert_eq!(verify(b"").unwrap_err(), Error::BadSignature);
        let found = jws::verify_json(&token, &keys([&b]), ALGORITHMS);
        assert_eq!(found.unwrap_err(), Error::Json(Part::Token));
    }
}

#[test]
fn a_token_with_its_payload_is_not_detached() {
    let (a, _) = two();
    let compact = jws::sign(&a, &jws::Header::new(), b"x").unwrap();
    let found = jws::verify_detached(&compact, b"x", &keys([&a]), ALGORITHMS);
    assert_eq!(found.unwrap_err(), Error::NotCompact);
    let json = jws::sign_json(&[(&a, &jws::Header::new())], b"x").unwrap();
    let found = jws::verify_json_detached(&json, b"x", &keys([&a]), ALGORITHMS);
    assert_eq!(found.unwrap_err(), Error::Json(Part::Token));
}

#[test]
fn unencoded_payloads_are_for_those_who_ask() {
    let (a, _) = two();
    let header = jws::Header::new().unencoded();
    let token = jws::sign(&a, &header, b"$02").unwrap();
    let set = keys([&a]);
    let found = jws::verify(&token, &set, ALGORITHMS);
    assert_eq!(found.unwrap_err(), Error::CriticalHeader);
    let jws = jws::verify_unencoded(&token, &set, ALGORITHMS).unwrap();
    assert_eq!(jws.payload, b"$02");
    let encoded = jws::sign(&a, &jws::Header::new(), b"$02").unwrap();
    let found = jws::verify_unencoded(&encoded, &set, ALGORITHMS);
    assert_eq!(found.unwrap_err(), Error::InvalidHeader("b64"));
    for bad in [b"a.b".as_slice(), b"\n", b"\xff", b"\x7f"] {
        assert!(jws::sign(&a, &header, bad).is_err(), "{bad:?}");
    }
    let token = jws::sign_json(&[(&a, &header)], b"a.b\n").unwrap();
    assert_eq!(
        jws::verify_json(&token, &set, ALGORITHMS).unwrap().payload,
        b"a.b\n"
    );
    let mixed = [(&a, &header), (&a, &jws::Header::new())];
    assert!(jws::sign_json(&mixed, b"x").is_err());
}

/// A flattened token with these headers, signed.
fn signed(key: &Key, protected: &Value, unprotected: &Value) -> Value {
    let protected = match protected {
        Value::Null => String::new(),
        some => base64url::encode(some.to_string()),
    };
    let payload = base64url::encode("payload");
    let input = format!("{protected}.{payload}");
    let signature = key.sign_bytes(input.as_bytes()).unwrap();
    let mut token =
        json!({"payload": payload, "signature": base64url::encode(signature.as_bytes())});
    if !protected.is_empty() {
        token["protected"] = protected.into();
    }
    if !unprotected.is_null() {
        token["header"] = unprotected.clone();
    }
    token
}

#[test]
fn headers_are_disjoint_and_extensions_protected() {
    let (a, _) = two();
    let check = |protected: Value, unprotected: Value| {
        let token = signed(&a, &protected, &unprotected).to_string();
        jws::verify_json(&token, &keys([&a]), ALGORITHMS).map(|_| ())
    };
    let alg = || json!({"alg": "EdDSA"});
    assert_eq!(check(alg(), Value::Null), Ok(()));
    assert_eq!(check(Value::Null, alg()), Ok(()));
    assert_eq!(check(alg(), json!({"kid": a.key_id()})), Ok(()));
    let duplicate = Err(Error::DuplicateMember(Part::Header));
    assert_eq!(check(alg(), alg()), duplicate);
    assert_eq!(
        check(alg(), json!({"crit": ["b64"]})),
        Err(Error::InvalidHeader("crit"))
    );
    assert_eq!(
        check(alg(), json!({"b64": true})),
        Err(Error::InvalidHeader("b64"))
    );
    assert_eq!(
        check(json!({}), json!({})),
        Err(Error::InvalidHeader("alg"))
    );
    let unknown = json!({"alg": "EdDSA", "crit": ["exp"], "exp": 1});
    assert_eq!(check(unknown, Value::Null), Err(Error::CriticalHeader));
    assert_eq!(check(alg(), json!([])), Err(Error::Json(Part::Token)));
}

#[test]
fn json_of_another_shape_is_refused() {
    let (a, _) = two();
    let good = signed(&a, &json!({"alg": "EdDSA"}), &Value::Null);
    let check = |token: &str| jws::verify_json(token, &keys([&a]), ALGORITHMS).map(|_| ());
    assert_eq!(check(&good.to_string()), Ok(()));
    let one = json!({"protected": good["protected"], "signature": good["signature"]});
    let general = |signatures: Value| json!({"payload": good["payload"], "signatures": signatures});
    assert_eq!(check(&general(json!([one])).to_string()), Ok(()));
    let wrong = Err(Error::Json(Part::Token));
    let mut both = general(json!([one]));
    both["signature"] = good["signature"].clone();
    for bad in [
        both,
        general(json!([])),
        general(json!(one)),
        general(json!([1])),
        json!({"payload": 1, "protected": good["protected"], "signature": good["signature"]}),
        json!({"payload": good["payload"], "protected": good["protected"]}),
        json!({"payload": good["payload"], "protected": "", "signature": good["signature"]}),
        json!({"payload": good["payload"], "protected": 1, "signature": good["signature"]}),
    ] {
        assert_eq!(check(&bad.to_string()), wrong, "{bad}");
    }
    let many = general(vec![one; 17].into());
    assert_eq!(check(&many.to_string()), Err(Error::TooLarge));
    let twice = good.to_string().replacen('{', "{\"payload\":\"\",", 1);
    assert_eq!(check(&twice), Err(Error::DuplicateMember(Part::Token)));
    let encoding =
        json!({"payload": "AB", "protected": good["protected"], "signature": good["signature"]});
    assert_eq!(
        check(&encoding.to_string()),
        Err(Error::Encoding(Part::Payload))
    );
}
