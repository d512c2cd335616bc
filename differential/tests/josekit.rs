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

/// The key that josekit encrypts or decrypts with.
macro_rules! with_key {
    ($algorithm:expr, $make:ident, $key:expr) => {{
        use KeyManagement as K;
        match $algorithm {
            K::RsaOaep => Box::new(josekit::jwe::RSA_OAEP.$make($key).unwrap()),
            K::RsaOaep256 => Box::new(josekit::jwe::RSA_OAEP_256.$make($key).unwrap()),
            K::EcdhEs => Box::new(josekit::jwe::ECDH_ES.$make($key).unwrap()),
            K::EcdhEsA128Kw => Box::new(josekit::jwe::ECDH_ES_A128KW.$make($key).unwrap()),
            K::EcdhEsA192Kw => Box::new(josekit::jwe::ECDH_ES_A192KW.$make($key).unwrap()),
            K::EcdhEsA256Kw => Box::new(josekit::jwe::ECDH_ES_A256KW.$make($key).unwrap()),
            K::A128Kw => Box::new(josekit::jwe::A128KW.$make($key).unwrap()),
            K::A192Kw => Box::new(josekit::jwe::A192KW.$make($key).unwrap()),
            K::A256Kw => Box::new(josekit::jwe::A256KW.$make($key).unwrap()),
            K::A128GcmKw => Box::new(josekit::jwe::A128GCMKW.$make($key).unwrap()),
            K::A192GcmKw => Box::new(josekit::jwe::A192GCMKW.$make($key).unwrap()),
            K::A256GcmKw => Box::new(josekit::jwe::A256GCMKW.$make($key).unwrap()),
            K::Dir => Box::new(josekit::jwe::Dir.$make($key).unwrap()),
            K::Pbes2Hs256A128Kw => Box::new(josekit::jwe::PBES2_HS256_A128KW.$make($key).unwrap()),
            K::Pbes2Hs384A192Kw => Box::new(josekit::jwe::PBES2_HS384_A192KW.$make($key).unwrap()),
            K::Pbes2Hs512A256Kw => Box::new(josekit::jwe::PBES2_HS512_A256KW.$make($key).unwrap()),
            other => panic!("{other} is new"),
        }
    }};
}

fn encrypter(algorithm: KeyManagement, key: &Jwk) -> Box<dyn JweEncrypter> {
    with_key!(algorithm, encrypter_from_jwk, key)
}

fn decrypter(algorithm: KeyManagement, key: &Jwk) -> Box<dyn JweDecrypter> {
    with_key!(algorithm, decrypter_from_jwk, key)
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
