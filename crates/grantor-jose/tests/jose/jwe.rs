//! JWE of our own, and what is refused.

use grantor_jose::jwe::{
    self, ContentEncryption, DecryptionKey, EncryptionKey, Header, KeyManagement, Policy,
};
use grantor_jose::{Error, Part, PublicKey, base64url};
use serde_json::{Value, json};

fn key(algorithm: KeyManagement, encryption: ContentEncryption) -> DecryptionKey {
    match algorithm {
        KeyManagement::Dir => {
            DecryptionKey::from_secret(algorithm, &vec![7; encryption.key_length()]).unwrap()
        }
        KeyManagement::Pbes2Hs256A128Kw
        | KeyManagement::Pbes2Hs384A192Kw
        | KeyManagement::Pbes2Hs512A256Kw => {
            DecryptionKey::from_password(algorithm, b"correct horse").unwrap()
        }
        _ => DecryptionKey::generate(algorithm).unwrap(),
    }
}

#[test]
fn what_is_encrypted_is_decrypted() {
    for algorithm in KeyManagement::ALL {
        let password = algorithm.as_str().starts_with("PBES2");
        for (index, encryption) in ContentEncryption::ALL.iter().enumerate() {
            if password && index > 0 {
                continue;
            }
            let key = key(*algorithm, *encryption);
            let header = Header::new().with_typ("x").with_content_type("y");
            for plaintext in [&b""[..], b"x", &[5; 1000]] {
                if password && plaintext.len() != 1 {
                    continue;
                }
                let encryption_key = key.encryption_key().unwrap();
                let token = jwe::encrypt(&encryption_key, *encryption, &header, plaintext).unwrap();
                let keys = std::slice::from_ref(&key);
                let jwe = jwe::decrypt(&token, keys, &Policy::new()).unwrap();
                assert_eq!(jwe.plaintext, plaintext, "{algorithm} {encryption}");
                assert_eq!((jwe.algorithm, jwe.encryption), (*algorithm, *encryption));
                assert_eq!(
                    (jwe.typ.as_deref(), jwe.content_type.as_deref()),
                    (Some("x"), Some("y"))
                );
            }
        }
    }
}

#[test]
fn keys_round_trip() {
    for algorithm in KeyManagement::ALL.iter().filter(|one| !one.is_symmetric()) {
        for key in [
            DecryptionKey::generate(*algorithm).ok(),
            DecryptionKey::generate_p256(*algorithm).ok(),
        ]
        .into_iter()
        .flatten()
        {
            let jwk = key.to_private_jwk().unwrap();
            let read = DecryptionKey::from_jwk(&jwk).unwrap();
            assert_eq!(*read.to_private_jwk().unwrap(), *jwk);
            let der = key.to_pkcs8_der().unwrap();
            let read = DecryptionKey::from_pkcs8_der(*algorithm, &der).unwrap();
            assert_eq!(read.key_id(), key.key_id());
            let published = serde_json::to_string(key.public().unwrap()).unwrap();
            let public = PublicKey::from_jwk(&published).unwrap();
            assert_eq!(public.encryption_algorithm(), Some(*algorithm));
            let public = EncryptionKey::new(&public, *algorithm).unwrap();
            let header = Header::new();
            let token = jwe::encrypt(&public, ContentEncryption::A256Gcm, &header, b"x").unwrap();
            assert!(jwe::decrypt(&token, &[read], &Policy::new()).is_ok());
            assert_eq!(PublicKey::from_jwk(&jwk).unwrap_err(), Error::PrivateKey);
        }
    }
}

#[test]
fn every_changed_byte_is_noticed() {
    for algorithm in [
        KeyManagement::RsaOaep256,
        KeyManagement::EcdhEs,
        KeyManagement::EcdhEsA192Kw,
        KeyManagement::A128Kw,
        KeyManagement::A192Kw,
        KeyManagement::A256GcmKw,
        KeyManagement::Dir,
    ] {
        let encryption = ContentEncryption::A128CbcHs256;
        let keys = [key(algorithm, encryption)];
        let encryption_key = keys[0].encryption_key().unwrap();
        let token = jwe::encrypt(&encryption_key, encryption, &Header::new(), b"secret").unwrap();
        let header = token.find('.').unwrap();
        for at in (0..token.len()).step_by(3) {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            let found = jwe::decrypt(&changed, &keys, &Policy::new()).unwrap_err();
            let shape = matches!(found, Error::Encoding(_) | Error::NotCompactJwe);
            if at > header && !shape {
                assert_eq!(found, Error::Undecipherable, "{algorithm} at {at}");
            }
        }
        for end in 0..token.len() {
            assert!(jwe::decrypt(&token[..end], &keys, &Policy::new()).is_err());
        }
    }
}

#[test]
fn several_recipients_and_associated_data() {
    let a = DecryptionKey::generate(KeyManagement::EcdhEsA256Kw).unwrap();
    let b = DecryptionKey::generate(KeyManagement::A128GcmKw).unwrap();
    let recipients = [a.encryption_key().unwrap(), b.encryption_key().unwrap()];
    let recipients: Vec<&EncryptionKey> = recipients.iter().collect();
    let encrypt = |keys: &[&EncryptionKey], associated| {
        let header = Header::new();
        jwe::encrypt_json(
            keys,
            ContentEncryption::A256CbcHs512,
            &header,
            associated,
            b"x",
        )
    };
    let token = encrypt(&recipients, Some(b"data")).unwrap();
    let flattened = encrypt(&recipients[..1], None).unwrap();
    assert!(flattened.contains("encrypted_key") && !flattened.contains("recipients"));
    assert_eq!(encrypt(&[], None).unwrap_err(), Error::AlgorithmNotAllowed);
    let (a, b) = ([a], [b]);
    for (token, keys) in [(&token, &a), (&token, &b), (&flattened, &a)] {
        let jwe = jwe::decrypt_json(token, keys, &Policy::new()).unwrap();
        assert_eq!(jwe.plaintext, b"x");
    }
    let mut changed: Value = serde_json::from_str(&token).unwrap();
    changed["aad"] = base64url::encode("date").into();
    let found = jwe::decrypt_json(&changed.to_string(), &b, &Policy::new());
    assert_eq!(found.unwrap_err(), Error::Undecipherable);
    let direct = DecryptionKey::generate(KeyManagement::EcdhEs).unwrap();
    let direct = direct.encryption_key().unwrap();
    let found = encrypt(&[&direct, recipients[1]], None).unwrap_err();
    assert_eq!(found, Error::AlgorithmNotAllowed);
}

#[test]
fn json_of_another_shape_is_refused() {
    let keys = [DecryptionKey::from_secret(KeyManagement::Dir, &[7; 16]).unwrap()];
    let encryption = ContentEncryption::A128Gcm;
    let key = keys[0].encryption_key().unwrap();
    let good = jwe::encrypt_json(&[&key], encryption, &Header::new(), None, b"x").unwrap();
    let good: Value = serde_json::from_str(&good).unwrap();
    let check = |change: &dyn Fn(&mut Value)| {
        let mut token = good.clone();
        change(&mut token);
        jwe::decrypt_json(&token.to_string(), &keys, &Policy::new()).map(|_| ())
    };
    assert_eq!(check(&|_| ()), Ok(()));
    let wrong = Err(Error::Json(Part::Token));
    assert_eq!(check(&|token| token["recipients"] = json!([])), wrong);
    assert_eq!(check(&|token| token["recipients"] = json!([1])), wrong);
    assert_eq!(check(&|token| token["iv"] = json!("")), wrong);
    assert_eq!(check(&|token| token["header"] = json!([])), wrong);
    let duplicate = Err(Error::DuplicateMember(Part::Header));
    assert_eq!(
        check(&|token| token["header"] = json!({"alg": "dir"})),
        duplicate
    );
    assert_eq!(
        check(&|token| token["unprotected"] = json!({"enc": "A128GCM"})),
        duplicate
    );
    let protected = |name| Err(Error::InvalidHeader(name));
    assert_eq!(
        check(&|token| token["header"] = json!({"zip": "DEF"})),
        protected("zip")
    );
    assert_eq!(
        check(&|token| token["header"] = json!({"crit": ["x"]})),
        protected("crit")
    );
    let many = json!(vec![json!({}); 17]);
    assert_eq!(
        check(&|token| token["recipients"] = many.clone()),
        Err(Error::TooLarge)
    );
}

/// A token whose header says this, for a shared key of 16 bytes.
fn with_header(header: &Value) -> String {
    let key = DecryptionKey::from_secret(KeyManagement::Dir, &[7; 16]).unwrap();
    let key = key.encryption_key().unwrap();
    let token = jwe::encrypt(&key, ContentEncryption::A128Gcm, &Header::new(), b"x").unwrap();
    let (_, rest) = token.split_once('.').unwrap();
    format!("{}.{rest}", base64url::encode(header.to_string()))
}

#[test]
fn headers_are_checked_before_anything_is_decrypted() {
    let check = |header: Value, policy: &Policy| {
        let keys = [DecryptionKey::from_secret(KeyManagement::Dir, &[7; 16]).unwrap()];
        jwe::decrypt(&with_header(&header), &keys, policy).unwrap_err()
    };
    let policy = Policy::new();
    let good = json!({"alg": "dir", "enc": "A128GCM"});
    // The header is changed by its order, so the tag does not fit.
    assert_eq!(
        check(json!({"alg": "dir", "enc": "A128GCM", "x": 1}), &policy),
        Error::Undecipherable
    );
    assert_eq!(
        check(json!({"enc": "A128GCM"}), &policy),
        Error::InvalidHeader("alg")
    );
    assert_eq!(
        check(json!({"alg": "dir"}), &policy),
        Error::InvalidHeader("enc")
    );
    assert_eq!(
        check(json!({"alg": "RSA1_5", "enc": "A128GCM"}), &policy),
        Error::UnsupportedAlgorithm
    );
    assert_eq!(
        check(json!({"alg": "dir", "enc": "A128CTR"}), &policy),
        Error::UnsupportedAlgorithm
    );
    assert_eq!(
        check(json!({"alg": "A128KW", "enc": "A128GCM"}), &policy),
        Error::UnknownKey
    );
    assert_eq!(
        check(json!({"alg": "dir", "enc": "A128GCM", "kid": "x"}), &policy),
        Error::UnknownKey
    );
    assert_eq!(
        check(json!({"alg": "dir", "enc": "A128GCM", "crit": []}), &policy),
        Error::CriticalHeader
    );
    assert_eq!(
        check(
            json!({"alg": "dir", "enc": "A128GCM", "zip": "DEF"}),
            &policy
        ),
        Error::InvalidHeader("zip")
    );
    assert_eq!(
        check(json!({"alg": "dir", "enc": "A256GCM"}), &policy),
        Error::InvalidKey("k")
    );
    let other = Policy::new().with_encryptions([ContentEncryption::A256Gcm]);
    assert_eq!(check(good.clone(), &other), Error::AlgorithmNotAllowed);
    let other = Policy::new().with_algorithms([KeyManagement::A128Kw]);
    assert_eq!(check(good, &other), Error::AlgorithmNotAllowed);
}

#[test]
fn passwords_are_not_hashed_as_often_as_others_wish() {
    let algorithm = KeyManagement::Pbes2Hs256A128Kw;
    let keys = [DecryptionKey::from_password(algorithm, b"correct horse").unwrap()];
    let check = |name: &str, value: Value| {
        let mut header = json!({
            "alg": algorithm.as_str(), "enc": "A128GCM", "p2s": "AAAAAAAAAAA", "p2c": 1000,
        });
        header[name] = value;
        let token = with_header(&header).replacen("..", ".AAAA.", 1);
        jwe::decrypt(&token, &keys, &Policy::new()).unwrap_err()
    };
    assert_eq!(check("p2c", json!(1000)), Error::Undecipherable);
    for count in [
        json!(999),
        json!(0),
        json!(-1),
        json!(1_200_001),
        json!(1e30),
        json!("1000"),
    ] {
        assert_eq!(check("p2c", count), Error::InvalidHeader("p2c"));
    }
    assert_eq!(check("p2s", json!("AAAAAAAA")), Error::InvalidHeader("p2s"));
    assert_eq!(
        check("p2s", json!("AAAAAAAAAA=")),
        Error::InvalidHeader("p2s")
    );
}

#[test]
fn an_ephemeral_key_must_be_a_point_and_public() {
    let key = DecryptionKey::generate_p256(KeyManagement::EcdhEs).unwrap();
    let other = DecryptionKey::generate_p256(KeyManagement::EcdhEs).unwrap();
    let other: Value = serde_json::from_str(&other.to_private_jwk().unwrap()).unwrap();
    let check = |epk: Value| {
        let header = json!({"alg": "ECDH-ES", "enc": "A128GCM", "epk": epk});
        let keys = std::slice::from_ref(&key);
        jwe::decrypt(&with_header(&header), keys, &Policy::new()).unwrap_err()
    };
    let (x, y) = (&other["x"], &other["y"]);
    let invalid = Error::InvalidHeader("epk");
    assert_eq!(
        check(json!({"kty": "EC", "crv": "P-256", "x": x, "y": y})),
        Error::Undecipherable
    );
    assert_eq!(
        check(json!({"kty": "EC", "crv": "P-256", "x": x, "y": x})),
        Error::Undecipherable
    );
    assert_eq!(check(other.clone()), invalid);
    assert_eq!(check(json!({"kty": "EC", "crv": "P-256", "x": x})), invalid);
    assert_eq!(check(json!("x")), invalid);
    let x25519 = json!({"kty": "OKP", "crv": "X25519", "x": base64url::encode([9; 32])});
    assert_eq!(check(x25519), Error::Undecipherable);
}

#[test]
fn debug_shows_nothing_secret() {
    let key = DecryptionKey::from_password(KeyManagement::Pbes2Hs256A128Kw, b"hunter2").unwrap();
    let shown = format!("{key:?} {:?}", key.encryption_key().unwrap());
    assert!(
        !shown.contains("hunter2") && !shown.contains("104"),
        "{shown}"
    );
}

#[test]
fn a_wrong_password_ends_the_search_for_a_recipient() {
    let algorithm = KeyManagement::Pbes2Hs256A128Kw;
    let key = |password: &[u8]| DecryptionKey::from_password(algorithm, password).unwrap();
    let keys = [key(b"correct horse")];
    let recipients = [
        key(b"another").encryption_key().unwrap(),
        keys[0].encryption_key().unwrap(),
    ];
    let encrypt = |keys: &[&EncryptionKey]| {
        let header = Header::new();
        jwe::encrypt_json(keys, ContentEncryption::A128Gcm, &header, None, b"x").unwrap()
    };
    let [other, own] = recipients.each_ref();
    let token = encrypt(&[own, other]);
    assert!(jwe::decrypt_json(&token, &keys, &Policy::new()).is_ok());
    let token = encrypt(&[other, own]);
    let found = jwe::decrypt_json(&token, &keys, &Policy::new());
    assert_eq!(found.unwrap_err(), Error::Undecipherable);
}
