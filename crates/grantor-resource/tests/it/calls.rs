//! Requests to a protected service, and proofs of possession for them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Body;
use grantor_core::{AuthenticateChallenge, Environment, Random};
use grantor_jose::{Algorithm, Key, base64url, digest::sha256};
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::{Service, ServiceExt};

use crate::support::*;

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) challenges: Vec<AuthenticateChallenge>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    /// The error, and the scheme whose challenge delivers it: the first one.
    pub(crate) fn error(&self) -> (u16, &str, &str) {
        let first = self.challenges.first();
        let scheme = first.map_or("", |challenge| &challenge.scheme);
        let error = first.and_then(|challenge| challenge.get("error"));
        (self.status.as_u16(), scheme, error.unwrap_or(""))
    }

    pub(crate) fn description(&self) -> &str {
        self.challenges[0].get("error_description").unwrap()
    }

    pub(crate) fn nonce(&self) -> Option<&str> {
        self.headers
            .get("dpop-nonce")
            .map(|nonce| nonce.to_str().unwrap())
    }
}

/// Sends a request without a body.
pub(crate) async fn call<S>(
    service: &S,
    method: &str,
    uri: &str,
    headers: &[(&str, &str)],
) -> Answer
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone,
    S::Error: std::fmt::Debug,
{
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::empty()).unwrap();
    let response = service.clone().oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    if !head.status.is_success() {
        assert_eq!(head.headers[header::CACHE_CONTROL], "no-store");
    }
    Answer {
        status: head.status,
        challenges: AuthenticateChallenge::from_headers(&head.headers),
        headers: head.headers,
        body: String::from_utf8(body.into()).unwrap(),
    }
}

/// A client with a key of its own.
pub(crate) struct Client {
    pub(crate) key: Key,
}

impl Client {
    pub(crate) fn new() -> Self {
        Self {
            key: Key::generate(Algorithm::Es256).unwrap(),
        }
    }

    pub(crate) fn thumbprint(&self) -> String {
        self.key.public().unwrap().thumbprint()
    }

    /// A good token that is bound to the key, with some claims put differently.
    pub(crate) fn token(&self, world: &World, changes: &Value) -> String {
        let mut claims = json!({ "cnf": { "jkt": self.thumbprint() } });
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        world.token_with(&claims)
    }

    /// A good proof for `GET` of a URL, with some members put differently; null takes one away.
    pub(crate) fn proof(&self, url: &str, token: &str, header: &Value, claims: &Value) -> String {
        let mut jwk = serde_json::to_value(self.key.public().unwrap()).unwrap();
        jwk.as_object_mut()
            .unwrap()
            .retain(|name, _| ["kty", "crv", "x", "y"].contains(&name.as_str()));
        let whole_header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": jwk });
        let whole_claims = json!({
            "jti": "jti-1", "htm": "GET", "htu": url, "iat": START,
            "ath": base64url::encode(sha256(token.as_bytes())),
        });
        let parts = [changed(whole_header, header), changed(whole_claims, claims)];
        let input = parts.map(|part| base64url::encode(part.to_string()));
        let input = input.join(".");
        let signature = self.key.sign_bytes(input.as_bytes()).unwrap();
        format!("{input}.{}", base64url::encode(signature.as_bytes()))
    }
}

/// The clock of the world, and randomness that repeats.
pub(crate) fn environment(world: &World) -> Environment {
    Environment {
        clock: world.clock.clone(),
        random: Arc::new(Counting::default()),
    }
}

/// Bytes that never repeat.
#[derive(Debug, Default)]
struct Counting(AtomicU64);

impl Random for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        let count = self.0.fetch_add(1, Ordering::SeqCst);
        let stream = sha256(&count.to_be_bytes());
        for (byte, random) in bytes.iter_mut().zip(stream) {
            *byte = random;
        }
    }
}
