//! Signers, and the tokens that they sign.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use grantor_jose::jwt::{self, Policy, Typ};
use grantor_jose::{
    Algorithm, BoxFuture, Error, Key, KeySet, PublicKey, SignError, Signature, Signer, Timestamp,
    base64url, jws,
};
use serde_json::{Value, json};

/// A key that is elsewhere: it gives the answers that the test sets.
#[derive(Debug)]
struct Remote {
    key: Key,
    answer: fn(&Key, &[u8]) -> Result<Signature, SignError>,
}

impl Signer for Remote {
    fn algorithm(&self) -> Algorithm {
        self.key.algorithm()
    }

    fn key_id(&self) -> &str {
        self.key.key_id()
    }

    fn public_key(&self) -> Option<&PublicKey> {
        self.key.public()
    }

    fn sign<'a>(&'a self, input: &'a [u8]) -> BoxFuture<'a, Result<Signature, SignError>> {
        Box::pin(async move { (self.answer)(&self.key, input) })
    }
}

#[test]
fn each_algorithm_signs_what_verifies() {
    for algorithm in Algorithm::ALL {
        let key = Key::generate(*algorithm).unwrap();
        for typ in [Typ::JWT, Typ::ACCESS_TOKEN, Typ::new("x\"y+jwt")] {
            let token = jwt::sign(&key, typ, &claims()).unwrap();
            let verified = jws::verify(&token, &keys(&key), &[*algorithm]).unwrap();
            assert_eq!(verified.typ.as_deref(), Some(typ.as_str()));
            let key_id = Some(key.key_id()).filter(|id| !id.is_empty());
            assert_eq!(verified.key_id.as_deref(), key_id);
            let payload: Value = serde_json::from_slice(&verified.payload).unwrap();
            assert_eq!(payload, claims());
        }
    }
}

#[test]
fn a_new_key_id_is_in_the_header() {
    let key = Key::generate(Algorithm::EdDsa).unwrap();
    let key = key.with_key_id("2026 \"a\"");
    let token = jwt::sign(&key, Typ::ACCESS_TOKEN, &claims()).unwrap();
    let header = base64url::decode(token.split('.').next().unwrap()).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    let expected = json!({"alg": "EdDSA", "typ": "at+jwt", "kid": "2026 \"a\""});
    assert_eq!(header, expected);
    assert!(jws::verify(&token, &keys(&key), &[Algorithm::EdDsa]).is_ok());
}

#[test]
fn claims_of_every_length_are_encoded() {
    let key = Key::generate(Algorithm::EdDsa).unwrap();
    for length in (0..70).chain([1000, 5000]) {
        let claims = json!({"x": "x".repeat(length)});
        let token = jwt::sign(&key, Typ::JWT, &claims).unwrap();
        let verified = jws::verify(&token, &keys(&key), &[Algorithm::EdDsa]).unwrap();
        assert_eq!(verified.payload, claims.to_string().as_bytes());
    }
}

#[test]
fn claims_that_are_no_object_are_refused() {
    let key = Key::generate(Algorithm::EdDsa).unwrap();
    for claims in [json!([]), json!(null), json!("{"), json!(1)] {
        assert!(jwt::sign(&key, Typ::JWT, &claims).is_err(), "{claims}");
    }
}

#[test]
fn a_signer_elsewhere_signs_the_same_token() {
    let key = Key::generate(Algorithm::Es256).unwrap();
    let keys = keys(&key);
    let answer = |key: &Key, input: &[u8]| key.sign_bytes(input);
    let remote = Remote { key, answer };
    let claims = claims();
    let future = jwt::sign_with(&remote, Typ::ACCESS_TOKEN, &claims);
    let token = now(can_move_to_another_thread(future)).unwrap();
    let policy = Policy::access_token("https://as.example.com", "https://api.example.com");
    let verified = jwt::verify(&token, &keys, &policy, Timestamp::from_secs(10)).unwrap();
    assert_eq!(verified.claims.subject.as_deref(), Some("user-1"));
    assert_eq!(verified.claims.text("client_id"), Ok(Some("client-1")));
}

#[test]
fn a_signer_that_fails_or_answers_der_signs_nothing() {
    let key = || Key::generate(Algorithm::Es256).unwrap();
    let fails = Remote {
        key: key(),
        answer: |_, _| Err(SignError::new("the service is away")),
    };
    let error = now(jwt::sign_with(&fails, Typ::JWT, &claims())).unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(source, "the service is away");
    let der = Remote {
        key: key(),
        answer: |_, _| Ok(Signature::new(vec![0x30; 70])),
    };
    assert!(now(jwt::sign_with(&der, Typ::JWT, &claims())).is_err());
}

#[test]
fn a_changed_token_does_not_verify() {
    for algorithm in Algorithm::ALL {
        let key = Key::generate(*algorithm).unwrap();
        let token = jwt::sign(&key, Typ::JWT, &claims()).unwrap();
        let keys = keys(&key);
        for at in (0..token.len()).step_by(7) {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            let found = jws::verify(&changed, &keys, Algorithm::ALL);
            assert!(found.is_err(), "{algorithm} at {at}");
        }
        let other = Key::generate(*algorithm).unwrap().with_key_id(key.key_id());
        let found = jws::verify(&token, &self::keys(&other), &[*algorithm]);
        assert_eq!(found.unwrap_err(), Error::BadSignature);
    }
}

/// Returns the verifying keys of a key.
fn keys(key: &Key) -> KeySet {
    match key.public() {
        Some(public) => [public.clone()].into_iter().collect(),
        None => KeySet::from_secrets([key]).unwrap(),
    }
}

fn claims() -> Value {
    json!({
        "iss": "https://as.example.com", "aud": ["https://api.example.com"], "sub": "user-1",
        "client_id": "client-1", "jti": "1", "iat": 0, "exp": 300,
    })
}

fn can_move_to_another_thread<T: Send>(value: T) -> T {
    value
}

/// The result of a future that is ready.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("not ready"),
    }
}
