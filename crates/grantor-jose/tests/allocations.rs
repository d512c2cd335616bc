//! Signing and verifying allocate what they return and nothing else.

#![allow(
    clippy::unwrap_used,
    reason = "helpers of tests, which clippy takes for other code"
)]

use std::hint::black_box;

use allocation_counter::measure;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{
    self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, RsaSignatureEncoding,
};
use grantor_jose::jwt::{self, Policy, Typ};
use grantor_jose::{Algorithm, Key, KeySet, Timestamp, jws};
use serde_json::{Value, json};

#[test]
fn a_signature_is_the_only_allocation() {
    for_each_algorithm(|key, keys| {
        let found = allocations(|| key.sign_bytes(b"input").unwrap());
        assert_eq!(found, 1 + of_the_library(key), "{}", key.algorithm());
        let signature = key.sign_bytes(b"input").unwrap();
        let Some(public) = key.public() else {
            return;
        };
        let found = allocations(|| public.verify(key.algorithm(), b"input", signature.as_bytes()));
        assert_eq!(found, 0, "{}", key.algorithm());
        assert!(!keys.keys().is_empty());
    });
}

#[test]
fn a_compact_token_is_the_only_allocation() {
    for_each_algorithm(|key, _| {
        let expected = 1 + of_the_library(key);
        let header = jws::Header::new()
            .with_typ("x+jwt")
            .with_content_type("text/plain");
        for payload in [&b""[..], b"hello", &[b'x'; 10_000]] {
            let found = allocations(|| jws::sign(key, &header, payload).unwrap());
            assert_eq!(found, expected, "{} {}", key.algorithm(), payload.len());
        }
        let found = allocations(|| jwt::sign(key, Typ::ACCESS_TOKEN, &claims()).unwrap())
            - allocations(claims);
        assert_eq!(found, expected, "{}", key.algorithm());
    });
}

#[test]
fn a_verified_token_allocates_the_fields_of_what_is_returned() {
    for_each_algorithm(|key, keys| {
        let algorithms = [key.algorithm()];
        let header = jws::Header::new().with_typ("x+jwt");
        for length in [1, 300, 10_000] {
            let token = jws::sign(key, &header, &vec![b'x'; length]).unwrap();
            // Payload, `typ` and `kid`.
            let found = allocations(|| jws::verify(&token, keys, &algorithms).unwrap());
            assert_eq!(found, 3, "{} {length}", key.algorithm());
        }
    });
}

#[test]
fn a_verified_jwt_allocates_its_claims() {
    for_each_algorithm(|key, keys| {
        let token = jwt::sign(key, Typ::ACCESS_TOKEN, &claims()).unwrap();
        let policy = Policy::access_token("https://as.example.com", "https://api.example.com")
            .with_algorithms([key.algorithm()]);
        let now = Timestamp::from_secs(10);
        let verify = || jwt::verify(&token, keys, &policy, now).unwrap();
        let verified = verify();
        // A clone allocates what the value consists of.
        let consists_of = allocations(|| verified.clone());
        assert_eq!(allocations(verify), consists_of, "{}", key.algorithm());
    });
}

#[test]
fn a_refused_token_allocates_nothing() {
    for_each_algorithm(|key, keys| {
        let token = jwt::sign(key, Typ::ACCESS_TOKEN, &claims()).unwrap();
        let (input, _) = token.rsplit_once('.').unwrap();
        let other = Key::generate(key.algorithm()).unwrap();
        let signature = other.sign_bytes(input.as_bytes()).unwrap();
        let signature = grantor_jose::base64url::encode(signature.as_bytes());
        let forged = format!("{input}.{signature}");
        let algorithms = [key.algorithm()];
        let found = allocations(|| jws::verify(&forged, keys, &algorithms).is_err());
        assert_eq!(found, 0, "{}", key.algorithm());
    });
}

fn for_each_algorithm(check: impl Fn(&Key, &KeySet)) {
    for algorithm in Algorithm::ALL {
        let key = Key::generate(*algorithm).unwrap().with_key_id("2026-11");
        let keys = match key.public() {
            Some(public) => [public.clone()].into_iter().collect(),
            None => KeySet::from_secrets([&key]).unwrap(),
        };
        check(&key, &keys);
    }
}

/// How many allocations the library makes itself while it signs with a parsed key.
fn of_the_library(key: &Key) -> u64 {
    let random = SystemRandom::new();
    let der = key.to_pkcs8_der().unwrap_or_default();
    let ecdsa = |algorithm: &'static EcdsaSigningAlgorithm| {
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, &der).unwrap();
        allocations(|| pair.sign(&random, b"input").unwrap())
    };
    let rsa = |encoding: &'static RsaSignatureEncoding| {
        let pair = rsa::KeyPair::from_pkcs8(&der).unwrap();
        allocations(|| {
            let mut out = [0; 256];
            pair.sign(encoding, &random, b"input", &mut out).unwrap();
        })
    };
    match key.algorithm() {
        Algorithm::EdDsa | Algorithm::Ed25519 => {
            let pair = Ed25519KeyPair::from_pkcs8(&der).unwrap();
            allocations(|| pair.sign(b"input"))
        }
        Algorithm::Es256 => ecdsa(&signature::ECDSA_P256_SHA256_FIXED_SIGNING),
        Algorithm::Es384 => ecdsa(&signature::ECDSA_P384_SHA384_FIXED_SIGNING),
        Algorithm::Es512 => ecdsa(&signature::ECDSA_P521_SHA512_FIXED_SIGNING),
        Algorithm::Es256k => ecdsa(&signature::ECDSA_P256K1_SHA256_FIXED_SIGNING),
        Algorithm::Ps256 => rsa(&signature::RSA_PSS_SHA256),
        Algorithm::Ps384 => rsa(&signature::RSA_PSS_SHA384),
        Algorithm::Ps512 => rsa(&signature::RSA_PSS_SHA512),
        Algorithm::Rs256 => rsa(&signature::RSA_PKCS1_SHA256),
        Algorithm::Rs384 => rsa(&signature::RSA_PKCS1_SHA384),
        Algorithm::Rs512 => rsa(&signature::RSA_PKCS1_SHA512),
        _ => 0,
    }
}

/// The fewest allocations that a call makes, growing and shrinking counted again: the library
/// shrinks its buffer when a signature of ECDSA happens to be a byte shorter.
fn allocations<T>(call: impl Fn() -> T) -> u64 {
    let counts = (0..CALLS).map(|_| {
        let counted = measure(|| {
            black_box(call());
        });
        counted.count_total
    });
    counts.min().unwrap()
}

/// So many that a signature of full length is among them.
const CALLS: usize = 64;

fn claims() -> Value {
    json!({
        "iss": "https://as.example.com", "aud": "https://api.example.com", "sub": "user-1",
        "client_id": "client-1", "jti": "1", "iat": 0, "exp": 300, "scope": "read write",
    })
}
