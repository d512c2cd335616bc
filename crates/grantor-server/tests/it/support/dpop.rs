//! Proofs of possession.

use bytes::Bytes;
use grantor_core::Clock;
use grantor_jose::{Algorithm, Key, dpop};
use http::{HeaderValue, Request};
use http_body_util::Full;
use serde_json::{Value, json};

use super::{Fixture, ISSUER, Reply, Who, client_request};

/// A key that a client proves to hold.
pub(crate) struct Prover {
    pub(crate) key: Key,
}

impl Prover {
    pub(crate) fn new() -> Self {
        let key = Key::generate(Algorithm::Es256).unwrap();
        Self { key }
    }

    pub(crate) fn thumbprint(&self) -> String {
        self.key.public().unwrap().thumbprint()
    }

    /// A proof for a POST to an endpoint.
    pub(crate) fn proof(&self, fixture: &Fixture, path: &str, nonce: Option<&str>) -> String {
        let url = format!("{ISSUER}{path}");
        let request = dpop::Request::new("POST", &url);
        let request = match nonce {
            Some(nonce) => request.with_nonce(nonce),
            None => request,
        };
        let jti = grantor_http::system().random_text::<16>();
        dpop::sign(&self.key, &request, &jti, fixture.clock.now()).unwrap()
    }

    /// The claims of a good proof for the token endpoint.
    pub(crate) fn claims(fixture: &Fixture) -> Value {
        let jti = grantor_http::system().random_text::<16>();
        json!({ "jti": jti, "htm": "POST", "htu": format!("{ISSUER}/token"), "iat": fixture.now() })
    }

    /// A proof with this header and these claims, signed as the key signs.
    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        let part = |json: &Value| grantor_jose::base64url::encode(json.to_string());
        let input = format!("{}.{}", part(header), part(claims));
        let signature = self.key.sign_bytes(input.as_bytes()).unwrap();
        let signature = grantor_jose::base64url::encode(signature.as_bytes());
        format!("{input}.{signature}")
    }

    /// The header of a good proof.
    pub(crate) fn header(&self) -> Value {
        json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk() })
    }

    /// The public key, with its members alone.
    pub(crate) fn jwk(&self) -> Value {
        let mut jwk = serde_json::to_value(self.key.public().unwrap()).unwrap();
        let members = jwk.as_object_mut().unwrap();
        members.retain(|name, _| matches!(&**name, "kty" | "crv" | "x" | "y"));
        jwk
    }

    /// A request of a client with a good proof.
    pub(crate) async fn post(
        &self,
        fixture: &Fixture,
        path: &str,
        who: Who,
        pairs: &[(&str, &str)],
    ) -> Reply {
        let proof = self.proof(fixture, path, None);
        fixture
            .send(with_proof(client_request(path, who, pairs), &proof))
            .await
    }
}

pub(crate) fn with_proof(mut request: Request<Full<Bytes>>, proof: &str) -> Request<Full<Bytes>> {
    let value = HeaderValue::try_from(proof).unwrap();
    request.headers_mut().append("dpop", value);
    request
}
