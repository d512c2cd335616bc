//! Signatures by RSA-SHA1, by the example of oauthlib, and keys in the forms that files have.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Arc;

use bytes::Bytes;
use grantor_core::oauth1::{Credentials, OwnMethod, SignatureMethod, Signing, base_string};
use grantor_core::{Secret, Timestamp};
use grantor_rsa_sha1::{InvalidKey, RsaSha1Key};
use http::{HeaderMap, Method, Request};
use serde_json::Value;

const PKCS1: &str = include_str!("key.pem");
const PKCS8: &str = include_str!("key-pkcs8.pem");

fn key(pem: &str) -> RsaSha1Key {
    RsaSha1Key::from_pem(pem).unwrap()
}

fn signature(key: &RsaSha1Key, text: &str) -> String {
    let nothing = Secret::new("");
    let signed = key.signature(text, &nothing, &nothing).unwrap();
    signed.expose().to_owned()
}

#[test]
fn signatures_are_those_that_are_printed() {
    let vectors = include_str!("../../../vectors/oauth1/signatures.json");
    let vectors: Value = serde_json::from_str(vectors).unwrap();
    let vectors = vectors["rsa_sha1"].as_array().unwrap();
    assert_eq!(vectors.len(), 1);
    for vector in vectors {
        for pem in [PKCS1, PKCS8] {
            let text = vector["base_string"].as_str().unwrap();
            assert_eq!(signature(&key(pem), text), vector["expected_signature"]);
        }
    }
}

#[test]
fn a_request_is_signed_by_the_key_and_the_secrets_say_nothing() {
    let sign = |secret: &str, body: &'static [u8]| {
        let mut signing = Signing::new(Credentials::new("app", secret));
        signing.token = Some(Credentials::new("token", secret));
        signing.method = SignatureMethod::Own(Arc::new(key(PKCS1)));
        let request = Request::post("https://api.example/things?a=b");
        let request = request.header("content-type", "text/plain");
        let mut request = request.body(Bytes::from_static(body)).unwrap();
        signing
            .sign(&mut request, "n", Timestamp::from_secs(137_131_200))
            .unwrap();
        request.headers()["authorization"]
            .to_str()
            .unwrap()
            .to_owned()
    };
    let header = sign("one", b"hello");
    assert_eq!(header, sign("another", b"hello"));
    assert_ne!(header, sign("one", b"hallo"));
    assert!(
        header.contains("oauth_signature_method=\"RSA-SHA1\""),
        "{header}"
    );
    // printf hello | openssl dgst -sha1 -binary | base64
    assert!(
        header.contains("oauth_body_hash=\"qvTGHdzF6KLavt4PO0gs2a6pQ00%3D\""),
        "{header}"
    );
    let uri = "https://api.example/things?a=b".parse().unwrap();
    let protocol = [
        ("oauth_consumer_key", "app"),
        ("oauth_token", "token"),
        ("oauth_signature_method", "RSA-SHA1"),
        ("oauth_timestamp", "137131200"),
        ("oauth_nonce", "n"),
        ("oauth_body_hash", "qvTGHdzF6KLavt4PO0gs2a6pQ00="),
    ];
    let protocol = protocol.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let text = base_string(&Method::POST, &uri, &HeaderMap::new(), b"", &protocol).unwrap();
    let expected = signature(&key(PKCS1), &text).replace('+', "%2B");
    let expected = expected.replace('/', "%2F").replace('=', "%3D");
    assert!(
        header.contains(&format!("oauth_signature=\"{expected}\"")),
        "{header}"
    );
}

#[test]
fn many_threads_sign_with_one_key() {
    let key = key(PKCS8);
    let expected = signature(&key, "text");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..25 {
                    assert_eq!(signature(&key, "text"), expected);
                }
            });
        }
    });
}

#[test]
fn what_is_no_key_is_refused() {
    let of = |pem: &str| RsaSha1Key::from_pem(pem).unwrap_err();
    assert_eq!(of(""), InvalidKey::Pem);
    assert_eq!(of(&PKCS8.replace("PRIVATE", "PUBLIC")), InvalidKey::Pem);
    let elliptic = include_str!("ec.pem");
    assert_eq!(of(elliptic), InvalidKey::Key);
    // Each label is read in its own form alone.
    let other_form = PKCS8.replace("PRIVATE KEY", "RSA PRIVATE KEY");
    assert_eq!(of(&other_form), InvalidKey::Key);
    let small = include_str!("small.pem");
    assert_eq!(of(small), InvalidKey::Size);
    let cut: String = PKCS1
        .lines()
        .filter(|line| !line.starts_with("AoGB"))
        .collect();
    assert_eq!(of(&cut), InvalidKey::Key);
    let debugged = format!("{:?}", key(PKCS1));
    assert_eq!(debugged, "RsaSha1Key { .. }");
}
