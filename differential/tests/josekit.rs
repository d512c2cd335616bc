//! JWE, and the signatures that jsonwebtoken does not have, against josekit, which is OpenSSL.

#![cfg(feature = "openssl")]

use grantor_jose::jwe::{self, ContentEncryption, DecryptionKey, KeyManagement, Policy};
use grantor_jose::{Algorithm, Key, KeySet, jws};
use josekit::jwe::{JweDecrypter, JweEncrypter, JweHeader};
use josekit::jwk::Jwk;
use josekit::jws::{JwsHeader, JwsSigner, JwsVerifier};

fn jwk(text: &str) -> Jwk {
    Jwk::from_bytes(text).unwrap()
}

fn signer(algorithm: Algorithm, key: &Jwk) -> Box<dyn JwsSigner> {
    match algorithm {
        Algorithm::Es512 => Box::new(josekit::jws::ES512.signer_from_jwk(key).unwrap()),
        Algorithm::Es256k => Box::new(josekit::jws::ES256K.signer_from_jwk(key).unwrap()),
        _ => Box::new(josekit::jws::PS512.signer_from_jwk(key).unwrap()),
    }
}

fn verifier(algorithm: Algorithm, key: &Jwk) -> Box<dyn JwsVerifier> {
    match algorithm {
        Algorithm::Es512 => Box::new(josekit::jws::ES512.verifier_from_jwk(key).unwrap()),
        Algorithm::Es256k => Box::new(josekit::jws::ES256K.verifier_from_jwk(key).unwrap()),
        _ => Box::new(josekit::jws::PS512.verifier_from_jwk(key).unwrap()),
    }
}

#[test]
fn signatures_go_both_ways() {
    for algorithm in [Algorithm::Es512, Algorithm::Es256k, Algorithm::Ps512] {
        let key = Key::generate(algorithm).unwrap();
        let private = jwk(&key.to_private_jwk().unwrap());
        let public = jwk(&serde_json::to_string(key.public().unwrap()).unwrap());
        let token = jws::sign(&key, &jws::Header::new(), b"payload").unwrap();
        let verifier = verifier(algorithm, &public);
        let (payload, _) = josekit::jws::deserialize_compact(&token, &*verifier).unwrap();
        assert_eq!(payload, b"payload", "{algorithm}");

        let signer = signer(algorithm, &private);
        let token = josekit::jws::serialize_compact(b"payload", &JwsHeader::new(), &*signer);
        let keys: KeySet = key.public().cloned().into_iter().collect();
        let found = jws::verify(&token.unwrap(), &keys, &[algorithm]).unwrap();
        assert_eq!(found.payload, b"payload", "{algorithm}");
    }
}

fn encrypter(algorithm: KeyManagement, key: &Jwk) -> Box<dyn JweEncrypter> {
    use KeyManagement as K;
    macro_rules! from {
        ($one:ident) => {
            Box::new(josekit::jwe::$one.encrypter_from_jwk(key).unwrap())
        };
    }
    match algorithm {
        K::RsaOaep => from!(RSA_OAEP),
        K::RsaOaep256 => from!(RSA_OAEP_256),
        K::EcdhEs => from!(ECDH_ES),
        K::EcdhEsA128Kw => from!(ECDH_ES_A128KW),
        K::EcdhEsA192Kw => from!(ECDH_ES_A192KW),
        K::EcdhEsA256Kw => from!(ECDH_ES_A256KW),
        K::A128Kw => from!(A128KW),
        K::A192Kw => from!(A192KW),
        K::A256Kw => from!(A256KW),
        K::A128GcmKw => from!(A128GCMKW),
        K::A192GcmKw => from!(A192GCMKW),
        K::A256GcmKw => from!(A256GCMKW),
        K::Dir => from!(Dir),
        K::Pbes2Hs256A128Kw => from!(PBES2_HS256_A128KW),
        K::Pbes2Hs384A192Kw => from!(PBES2_HS384_A192KW),
        K::Pbes2Hs512A256Kw => from!(PBES2_HS512_A256KW),
        other => panic!("{other} is new"),
    }
}

fn decrypter(algorithm: KeyManagement, key: &Jwk) -> Box<dyn JweDecrypter> {
    use KeyManagement as K;
    macro_rules! from {
        ($one:ident) => {
            Box::new(josekit::jwe::$one.decrypter_from_jwk(key).unwrap())
        };
    }
    match algorithm {
        K::RsaOaep => from!(RSA_OAEP),
        K::RsaOaep256 => from!(RSA_OAEP_256),
        K::EcdhEs => from!(ECDH_ES),
        K::EcdhEsA128Kw => from!(ECDH_ES_A128KW),
        K::EcdhEsA192Kw => from!(ECDH_ES_A192KW),
        K::EcdhEsA256Kw => from!(ECDH_ES_A256KW),
        K::A128Kw => from!(A128KW),
        K::A192Kw => from!(A192KW),
        K::A256Kw => from!(A256KW),
        K::A128GcmKw => from!(A128GCMKW),
        K::A192GcmKw => from!(A192GCMKW),
        K::A256GcmKw => from!(A256GCMKW),
        K::Dir => from!(Dir),
        K::Pbes2Hs256A128Kw => from!(PBES2_HS256_A128KW),
        K::Pbes2Hs384A192Kw => from!(PBES2_HS384_A192KW),
        K::Pbes2Hs512A256Kw => from!(PBES2_HS512_A256KW),
        other => panic!("{other} is new"),
    }
}

/// The keys that an algorithm is tried with.
fn keys(algorithm: KeyManagement, encryption: ContentEncryption) -> Vec<DecryptionKey> {
    let name = algorithm.as_str();
    if name == "dir" {
        let secret = vec![7; encryption.key_length()];
        vec![DecryptionKey::from_secret(algorithm, &secret).unwrap()]
    } else if name.starts_with("PBES2") {
        vec![DecryptionKey::from_password(algorithm, b"correct horse").unwrap()]
    } else if name.starts_with("ECDH") {
        let p256 = DecryptionKey::generate_p256(algorithm).unwrap();
        vec![p256, DecryptionKey::generate(algorithm).unwrap()]
    } else {
        vec![DecryptionKey::generate(algorithm).unwrap()]
    }
}

#[test]
fn encryption_goes_both_ways() {
    let mut tried = 0;
    for algorithm in KeyManagement::ALL {
        for encryption in ContentEncryption::ALL {
            let password = algorithm.as_str().starts_with("PBES2");
            if password && *encryption != ContentEncryption::A256Gcm {
                continue;
            }
            for key in keys(*algorithm, *encryption) {
                both_ways(&key, *algorithm, *encryption);
                tried += 1;
            }
        }
    }
    assert_eq!(tried, 13 * 6 + 4 * 6 + 3);
}

fn both_ways(key: &DecryptionKey, algorithm: KeyManagement, encryption: ContentEncryption) {
    let private = jwk(&key.to_private_jwk().unwrap());
    let header = jwe::Header::new();
    let encryption_key = key.encryption_key().unwrap();
    let token = jwe::encrypt(&encryption_key, encryption, &header, b"plaintext").unwrap();
    let theirs = decrypter(algorithm, &private);
    let (plaintext, _) = josekit::jwe::deserialize_compact(&token, &*theirs).unwrap();
    assert_eq!(plaintext, b"plaintext", "{algorithm} {encryption}");

    let public = match key.public() {
        Some(public) => jwk(&serde_json::to_string(public).unwrap()),
        None => private,
    };
    let mut header = JweHeader::new();
    header.set_content_encryption(encryption.as_str());
    let theirs = encrypter(algorithm, &public);
    let token = josekit::jwe::serialize_compact(b"plaintext", &header, &*theirs).unwrap();
    let found = jwe::decrypt(&token, std::slice::from_ref(key), &Policy::new());
    let found = found.unwrap_or_else(|error| panic!("{algorithm} {encryption}: {error}"));
    assert_eq!(found.plaintext, b"plaintext", "{algorithm} {encryption}");
}
