//! The client's proofs, as the layer for APIs verifies them (RFC 9449).

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use grantor::client::{Dpop, Tokens};
use grantor::core::{BoxFuture, Introspection};
use grantor::resource::{self, Introspect, IntrospectError, Verifier, protect};
use grantor_testkit::{Endpoint, FakeServer};
use http::{Request, StatusCode};
use http_body_util::Full;
use serde_json::json;
use tower::{Layer, ServiceExt};

const ISSUER: &str = "https://id.example.com";
const API: &str = "https://api.example.com";

/// The contents of the server's tokens.
#[derive(Debug)]
struct Lookup(FakeServer);

impl Introspect for Lookup {
    fn introspect<'a>(
        &'a self,
        token: &'a str,
    ) -> BoxFuture<'a, Result<Introspection, IntrospectError>> {
        Box::pin(async move {
            let mut found = Introspection::inactive();
            if let Some(jkt) = self.0.dpop_thumbprint(token) {
                found.active = true;
                found.token_type = Some("DPoP".to_owned());
                found.sub = Some("app".to_owned());
                found.extra.insert("cnf".to_owned(), json!({ "jkt": jkt }));
            }
            Ok(found)
        })
    }
}

fn api(server: &FakeServer) -> Router {
    let lookup = Arc::new(Lookup(server.clone()));
    let verifier = Verifier::in_process(lookup).build().unwrap();
    let dpop = resource::Dpop::at(API).nonces();
    let dpop = dpop.bound_access_tokens_required().build().unwrap();
    let layer = protect(&verifier).dpop(&dpop);
    let answer = get(|| async { "here" }).post(|body: String| async move { body });
    Router::new().route("/things", answer).layer(layer)
}

fn request(method: &str) -> Request<Full<Bytes>> {
    let request = Request::builder().method(method);
    let request = request.uri(format!("{API}/things?page=2"));
    request.body(Full::from("hello")).unwrap()
}

#[tokio::test]
async fn the_layer_for_apis_takes_the_clients_proofs_and_no_stolen_token() {
    let server = FakeServer::new(ISSUER);
    server.require_dpop();
    let tokens = Tokens::client_credentials(ISSUER, "app", "s3cret")
        .transport(server.clone())
        .dpop(Dpop::generated())
        .allow_origin(API)
        .build()
        .unwrap();
    let api = api(&server);
    let client = tokens.layer().replay_cloned().layer(api.clone());
    // The first one learns the nonce, and is sent again.
    for method in ["POST", "GET", "POST"] {
        let answer = client.clone().oneshot(request(method)).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{method}");
    }
    assert_eq!(server.requests(Endpoint::Token).len(), 1);

    let stolen = tokens.get().await.unwrap().secret;
    for scheme in ["Bearer", "DPoP"] {
        let mut request = request("GET");
        let header = format!("{scheme} {}", stolen.expose());
        let headers = request.headers_mut();
        headers.insert("authorization", header.parse().unwrap());
        let answer = api.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{scheme}");
    }
}
