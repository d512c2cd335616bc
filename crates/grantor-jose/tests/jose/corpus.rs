//! The inputs that fuzzing starts from and has found, replayed: nobody signed or encrypted any of
//! it to the keys here, so nothing passes, and nothing panics.

use std::fs;
use std::path::PathBuf;

use grantor_jose::dpop::{self, Request};
use grantor_jose::jwe::{self, DecryptionKey, KeyManagement};
use grantor_jose::jwt::{self, Policy};
use grantor_jose::{Algorithm, Key, KeySet, PublicKey, Timestamp, base64url, jws};

#[test]
fn tokens_of_others_are_refused() {
    let key = Key::generate(Algorithm::Es256).unwrap();
    let public: KeySet = key.public().cloned().into_iter().collect();
    let secrets = KeySet::from_secrets([&Key::generate(Algorithm::Hs256).unwrap()]).unwrap();
    let now = Timestamp::from_secs(1_760_000_000);
    let policy = Policy::access_token("https://as.example", "https://api.example");
    for text in inputs(&["jws", "jws_json", "jwt"]) {
        for keys in [&public, &secrets] {
            assert!(jws::verify(&text, keys, Algorithm::ALL).is_err());
            assert!(jws::verify_unencoded(&text, keys, Algorithm::ALL).is_err());
            assert!(jws::verify_detached(&text, b"", keys, Algorithm::ALL).is_err());
            assert!(jws::verify_json(&text, keys, Algorithm::ALL).is_err());
            assert!(jws::verify_json_detached(&text, b"", keys, Algorithm::ALL).is_err());
            assert!(jwt::verify(&text, keys, &policy, now).is_err());
        }
    }
}

#[test]
fn encrypted_tokens_for_others_are_refused() {
    let keys = [
        DecryptionKey::generate_p256(KeyManagement::EcdhEs).unwrap(),
        DecryptionKey::generate(KeyManagement::A128Kw).unwrap(),
        DecryptionKey::generate(KeyManagement::A256GcmKw).unwrap(),
    ];
    let policy = jwe::Policy::new().danger_inflate_up_to(100_000);
    for text in inputs(&["jwe", "jws"]) {
        assert!(jwe::decrypt(&text, &keys, &policy).is_err());
        assert!(jwe::decrypt_json(&text, &keys, &policy).is_err());
    }
}

#[test]
fn keys_are_read_as_what_they_are() {
    let (mut public, mut private) = (0, 0);
    for text in inputs(&["jwk", "key_set"]) {
        let read = PublicKey::from_jwk(&text).is_ok();
        assert!(!(read && Key::from_jwk(&text).is_ok()), "{text}");
        public += usize::from(read);
        private += usize::from(Key::from_jwk(&text).is_ok());
        private += usize::from(DecryptionKey::from_jwk(&text).is_ok());
        let _ = KeySet::from_json(text.as_bytes());
    }
    for text in inputs(&["pem"]) {
        let read = PublicKey::from_pem(&text).is_ok();
        assert!(!(read && Key::from_pem(Algorithm::Es256, &text).is_ok()));
        public += usize::from(read);
        private += usize::from(Key::from_pem(Algorithm::Rs256, &text).is_ok());
    }
    assert!(public >= 2 && private >= 3, "{public} {private}");
}

#[test]
fn documents_in_der_are_read_as_what_they_are() {
    let (mut public, mut signing, mut decrypting) = (0, 0, 0);
    for document in documents(&["der"]) {
        let read = PublicKey::from_spki_der(&document);
        let is_public = read.is_ok();
        public += usize::from(is_public);
        if let Ok(key) = read {
            assert_eq!(key.to_spki_der(), document);
        }
        for algorithm in [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Rs256] {
            let read = Key::from_pkcs8_der(algorithm, &document).is_ok();
            assert!(!(read && is_public));
            signing += usize::from(read);
        }
        for algorithm in [KeyManagement::EcdhEs, KeyManagement::RsaOaep256] {
            let read = DecryptionKey::from_pkcs8_der(algorithm, &document).is_ok();
            assert!(!(read && is_public));
            decrypting += usize::from(read);
        }
    }
    // EC, Ed25519 and RSA in each; X25519 decrypts, and Ed25519 does not.
    assert_eq!((public, signing, decrypting), (3, 3, 3));
}

#[test]
fn proofs_are_for_their_request() {
    let now = Timestamp::from_secs(1_760_000_000);
    let request = Request::new("DELETE", "https://elsewhere.example/");
    for text in inputs(&["dpop", "jws"]) {
        assert!(dpop::verify(&text, &request, &dpop::Policy::new(), now).is_err());
    }
}

#[test]
fn bytes_are_written_in_one_way() {
    let mut decoded = 0;
    for text in inputs(&["base64url", "jws", "jwe"]) {
        if let Ok(bytes) = base64url::decode(&text) {
            assert_eq!(base64url::encode(bytes), text);
            decoded += 1;
        }
    }
    assert_eq!(decoded, 1);
}

/// The texts among the seeds of these targets.
fn inputs(targets: &[&str]) -> Vec<String> {
    let texts = documents(targets).into_iter();
    texts.flat_map(String::from_utf8).collect()
}

/// The seeds of these targets.
fn documents(targets: &[&str]) -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    for target in targets {
        let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/seeds"));
        for entry in fs::read_dir(folder.join(target)).unwrap() {
            out.push(fs::read(entry.unwrap().path()).unwrap());
        }
    }
    assert!(!out.is_empty());
    out
}
