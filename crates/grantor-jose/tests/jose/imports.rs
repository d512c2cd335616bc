//! Keys in and out: JWK with all that is private, PKCS#8, PEM.

use grantor_jose::jwe::{self, DecryptionKey, KeyManagement};
use grantor_jose::{Algorithm, Error, Key, KeySet, PublicKey, base64url, jws};
use serde_json::{Value, json};

#[test]
fn private_jwks_round_trip() {
    for algorithm in Algorithm::ALL {
        let key = Key::generate(*algorithm).unwrap().with_key_id("k \"1\"");
        let jwk = key.to_private_jwk().unwrap();
        let read = Key::from_jwk(&jwk).unwrap();
        assert_eq!(read.algorithm(), *algorithm);
        assert_eq!(read.key_id(), "k \"1\"");
        assert_eq!(*read.to_private_jwk().unwrap(), *jwk);
        let input = b"signed by the one, verified by the other";
        let signature = read.sign_bytes(input).unwrap();
        if let Some(public) = key.public() {
            public
                .verify(*algorithm, input, signature.as_bytes())
                .unwrap();
            let found = PublicKey::from_jwk(&jwk).unwrap_err();
            assert_eq!(found, Error::PrivateKey);
        } else {
            assert_eq!(
                key.sign_bytes(input).unwrap().as_bytes(),
                signature.as_bytes()
            );
        }
    }
}

#[test]
fn a_document_may_begin_with_a_byte_order_mark() {
    let key = Key::generate(Algorithm::Es256).unwrap();
    let jwk = format!("\u{feff}{}", *key.to_private_jwk().unwrap());
    assert_eq!(Key::from_jwk(&jwk).unwrap().key_id(), key.key_id());
    let keys: KeySet = key.public().cloned().into_iter().collect();
    let set = format!("\u{feff}{}", serde_json::to_string(&keys).unwrap());
    assert_eq!(KeySet::from_json(set.as_bytes()).unwrap().keys().len(), 1);
}

#[test]
fn pem_round_trips() {
    for algorithm in Algorithm::ALL.iter().filter(|one| !one.is_symmetric()) {
        let key = Key::generate(*algorithm).unwrap();
        let pem = key.to_pkcs8_pem().unwrap();
        let read = Key::from_pem(*algorithm, &pem).unwrap();
        assert_eq!(read.key_id(), key.key_id());
        let public = key.public().unwrap();
        let read = PublicKey::from_pem(&public.to_pem()).unwrap();
        assert_eq!(read.thumbprint(), public.thumbprint());
        assert_eq!(read.to_spki_der(), public.to_spki_der());
        assert_eq!(PublicKey::from_pem(&pem).unwrap_err(), Error::PrivateKey);
        let found = Key::from_pem(*algorithm, &public.to_pem()).unwrap_err();
        assert_eq!(found, Error::UnsupportedKey);
    }
}

#[test]
fn a_jwk_whose_numbers_do_not_belong_together_is_refused() {
    for algorithm in [
        Algorithm::Es256,
        Algorithm::Es512,
        Algorithm::EdDsa,
        Algorithm::Rs256,
    ] {
        let jwk = |algorithm| -> Value {
            let key = Key::generate(algorithm).unwrap();
            serde_json::from_str(&key.to_private_jwk().unwrap()).unwrap()
        };
        let (mut mine, theirs) = (jwk(algorithm), jwk(algorithm));
        mine["d"] = theirs["d"].clone();
        let found = Key::from_jwk(&mine.to_string()).unwrap_err();
        assert_eq!(found, Error::InvalidKey("d"), "{algorithm}");
    }
}

#[test]
fn an_rsa_jwk_needs_its_primes_and_has_two() {
    let key = Key::generate(Algorithm::Rs256).unwrap();
    let good: Value = serde_json::from_str(&key.to_private_jwk().unwrap()).unwrap();
    for name in ["n", "e", "d", "p", "q", "dp", "dq", "qi"] {
        let mut jwk = good.clone();
        jwk.as_object_mut().unwrap().remove(name);
        let found = Key::from_jwk(&jwk.to_string()).unwrap_err();
        assert_eq!(found, Error::InvalidKey(name));
        for bad in [json!(""), json!(1), json!("AAAA"), json!("AQ==")] {
            jwk[name] = bad;
            assert!(Key::from_jwk(&jwk.to_string()).is_err());
        }
    }
    let mut jwk = good;
    jwk["oth"] = json!([]);
    let found = Key::from_jwk(&jwk.to_string()).unwrap_err();
    assert_eq!(found, Error::UnsupportedKey);
}

#[test]
fn what_a_jwk_is_for_is_kept_to() {
    let key = Key::generate(Algorithm::Es256).unwrap();
    let good: Value = serde_json::from_str(&key.to_private_jwk().unwrap()).unwrap();
    let check = |name: &str, value: Value, expected: Error| {
        let mut jwk = good.clone();
        jwk[name] = value;
        let found = Key::from_jwk_for(Algorithm::Es256, &jwk.to_string());
        assert_eq!(found.unwrap_err(), expected, "{name}");
    };
    check("alg", json!("ES384"), Error::InvalidKey("alg"));
    check("alg", json!("ECDH-ES"), Error::InvalidKey("alg"));
    check("alg", json!("ES521"), Error::UnsupportedKey);
    check("use", json!("enc"), Error::InvalidKey("use"));
    check("key_ops", json!(["verify"]), Error::InvalidKey("key_ops"));
    check(
        "key_ops",
        json!(["sign", "sign"]),
        Error::InvalidKey("key_ops"),
    );
    let mut nameless = good;
    nameless.as_object_mut().unwrap().remove("alg");
    let nameless = nameless.to_string();
    assert_eq!(
        Key::from_jwk(&nameless).unwrap_err(),
        Error::InvalidKey("alg")
    );
    assert!(Key::from_jwk_for(Algorithm::Es256, &nameless).is_ok());
}

#[test]
fn secrets_have_the_length_of_the_hash() {
    for (algorithm, length) in [
        (Algorithm::Hs256, 32),
        (Algorithm::Hs384, 48),
        (Algorithm::Hs512, 64),
    ] {
        let secret = |length| Key::from_secret(algorithm, &vec![7; length]);
        assert_eq!(secret(length - 1).unwrap_err(), Error::InvalidKey("k"));
        assert!(secret(length).unwrap().public().is_none());
        assert!(secret(200).unwrap().key_id().is_empty());
    }
    let found = Key::from_secret(Algorithm::Es256, &[7; 64]).unwrap_err();
    assert_eq!(found, Error::UnsupportedKey);
}

#[test]
fn a_set_of_secrets_holds_nothing_else() {
    let secret = json!({"kty": "oct", "alg": "HS256", "k": base64url::encode([7; 32])});
    let set = |keys: Value| KeySet::from_secrets_json(json!({"keys": keys}).to_string().as_bytes());
    assert!(set(json!([secret])).is_ok());
    let public = Key::generate(Algorithm::Es256).unwrap();
    let public = serde_json::to_value(public.public().unwrap()).unwrap();
    assert_eq!(
        set(json!([secret, public])).unwrap_err(),
        Error::MixedKeySet
    );
    let asymmetric = Key::generate(Algorithm::Es256).unwrap();
    let found = KeySet::from_secrets([&asymmetric]).unwrap_err();
    assert_eq!(found, Error::UnsupportedKey);
    let shown = format!("{:?}", set(json!([secret])).unwrap());
    assert!(!shown.contains('7'), "{shown}");
}

#[test]
fn a_secret_does_only_what_its_jwk_says() {
    let jwk = |operations: Value| {
        let k = base64url::encode([7; 32]);
        let jwk = json!({"kty": "oct", "alg": "HS256", "k": k, "key_ops": operations});
        Key::from_jwk(&jwk.to_string()).unwrap()
    };
    assert!(jwk(json!(["sign"])).sign_bytes(b"x").is_ok());
    assert!(jwk(json!(["verify"])).sign_bytes(b"x").is_err());
}

#[test]
fn thumbprint_uris() {
    let key = Key::generate(Algorithm::EdDsa).unwrap();
    let expected = format!(
        "urn:ietf:params:oauth:jwk-thumbprint:sha-256:{}",
        key.key_id()
    );
    assert_eq!(key.public().unwrap().thumbprint_uri(), expected);
}

#[test]
fn curves_of_448_bits_are_named_as_unsupported() {
    let mut public = Vec::new();
    for (curve, oid, length) in [("X448", 0x6f, 56), ("Ed448", 0x71, 57)] {
        let unsupported = Error::UnsupportedCurve(curve);
        let jwk = json!({"kty": "OKP", "crv": curve, "x": base64url::encode(vec![9; length])});
        assert_eq!(
            PublicKey::from_jwk(&jwk.to_string()).unwrap_err(),
            unsupported
        );
        let mut private = jwk.clone();
        private["d"] = jwk["x"].clone();
        let private = private.to_string();
        let found = Key::from_jwk_for(Algorithm::EdDsa, &private).unwrap_err();
        assert_eq!(found, unsupported);
        let found = DecryptionKey::from_jwk_for(KeyManagement::EcdhEs, &private).unwrap_err();
        assert_eq!(found, unsupported);

        // RFC 8410 sections 4 and 7.
        let algorithm = [0x30, 5, 6, 3, 0x2b, 0x65, oid];
        let key = vec![9; length];
        let length = length as u8;
        let spki = [
            &[0x30, length + 10],
            &algorithm[..],
            &[3, length + 1, 0],
            &key,
        ]
        .concat();
        let found = PublicKey::from_spki_der(&spki).unwrap_err();
        assert_eq!(found, unsupported);
        let pkcs8 = [
            &[0x30, length + 14, 2, 1, 0],
            &algorithm[..],
            &[4, length + 2, 4, length],
            &key,
        ];
        let pkcs8 = pkcs8.concat();
        let found = Key::from_pkcs8_der(Algorithm::EdDsa, &pkcs8).unwrap_err();
        assert_eq!(found, unsupported);
        let found = DecryptionKey::from_pkcs8_der(KeyManagement::EcdhEs, &pkcs8).unwrap_err();
        assert_eq!(found, unsupported);
        assert!(unsupported.to_string().contains(curve));
        public.push(jwk);
    }
    let set = KeySet::from_json(json!({ "keys": public }).to_string().as_bytes()).unwrap();
    let reasons = set.skipped().iter().map(|skipped| skipped.reason);
    let expected = ["X448", "Ed448"].map(Error::UnsupportedCurve);
    assert_eq!(reasons.collect::<Vec<_>>(), expected);
}

#[test]
fn tokens_with_curves_of_448_bits_are_named_as_unsupported() {
    let header = base64url::encode(r#"{"alg":"Ed448"}"#);
    let found = jws::verify(&format!("{header}.e30.AA"), &KeySet::new(), Algorithm::ALL);
    assert_eq!(found.unwrap_err(), Error::UnsupportedCurve("Ed448"));

    let keys = [DecryptionKey::generate(KeyManagement::EcdhEs).unwrap()];
    let header = json!({
        "alg": "ECDH-ES", "enc": "A128GCM",
        "epk": {"kty": "OKP", "crv": "X448", "x": base64url::encode([9; 56])},
    });
    let header = base64url::encode(header.to_string());
    let token = format!("{header}..AAAAAAAAAAAAAAAA.AA.AAAAAAAAAAAAAAAAAAAAAA");
    let found = jwe::decrypt(&token, &keys, &jwe::Policy::new());
    assert_eq!(found.unwrap_err(), Error::UnsupportedCurve("X448"));
}

#[test]
fn nothing_may_follow_a_key_in_der() {
    let longer = |der: &[u8]| [der, &[0]].concat();
    for algorithm in Algorithm::ALL.iter().filter(|one| !one.is_symmetric()) {
        let key = Key::generate(*algorithm).unwrap();
        let der = longer(&key.to_pkcs8_der().unwrap());
        let found = Key::from_pkcs8_der(*algorithm, &der).unwrap_err();
        assert_eq!(found, Error::NotPkcs8, "{algorithm}");
        let der = longer(&key.public().unwrap().to_spki_der());
        let found = PublicKey::from_spki_der(&der).unwrap_err();
        assert_eq!(found, Error::NotSpki, "{algorithm}");
    }
    let rsa = DecryptionKey::generate(KeyManagement::RsaOaep256);
    let p256 = DecryptionKey::generate_p256(KeyManagement::EcdhEs);
    let x25519 = DecryptionKey::generate(KeyManagement::EcdhEs);
    for key in [rsa, p256, x25519] {
        let key = key.unwrap();
        let der = longer(&key.to_pkcs8_der().unwrap());
        let found = DecryptionKey::from_pkcs8_der(key.algorithm(), &der).unwrap_err();
        assert_eq!(found, Error::NotPkcs8, "{}", key.algorithm());
    }
}

#[test]
fn a_key_is_not_longer_than_any_with_certificates() {
    let long = json!({"kty": "oct", "x5c": ["A".repeat(1 << 17)]}).to_string();
    assert_eq!(PublicKey::from_jwk(&long).unwrap_err(), Error::TooLarge);
    assert_eq!(Key::from_jwk(&long).unwrap_err(), Error::TooLarge);
    assert_eq!(DecryptionKey::from_jwk(&long).unwrap_err(), Error::TooLarge);
}
