//! A token that is bound to a key by DPoP, from the token endpoint to the API: verified in process, by
//! introspection, and by the keys of the server.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use grantor::axum::ServerExt;
use grantor::core::ClientAuthentication;
use grantor::http::system;
use grantor::jose::{Algorithm, Key, dpop};
use grantor::resource::{Dpop, Protect, Verifier, protect};
use grantor::server::{self, AccessTokens, NewClient, Server};
use grantor::store::{MasterKey, MemoryStore};
use http::{Request, header};

use crate::calls::{Answer, form, send};
use crate::in_process::InProcess;

const ISSUER: &str = "https://id.example.com";
const RESOURCE: &str = "https://api.example.com";
const CLIENT: (&str, &str) = ("job", "the secret of the job");
const API: (&str, &str) = ("api", "the secret of the API");

async fn server(access_tokens: AccessTokens) -> Server {
    let key = MasterKey::from_bytes([7; 32]);
    let opened = server::open(ISSUER, MemoryStore::new(), key).await.unwrap();
    let opened = opened.configure(|config| {
        config.access_tokens = access_tokens;
        config.default_audience = Some(RESOURCE.to_owned());
    });
    let server = opened.build().await.unwrap();
    let job = NewClient::confidential(CLIENT.0)
        .with_grant_types(["client_credentials"])
        .with_scope("read".parse().unwrap())
        .with_secret(CLIENT.1);
    let api = NewClient::resource_server(API.0, RESOURCE).with_secret(API.1);
    let clients = server.clients().unwrap();
    clients.add(job).await.unwrap();
    clients.add(api).await.unwrap();
    server
}

fn proof(key: &Key, request: &dpop::Request<'_>) -> String {
    let jti = system().random_text::<16>();
    dpop::sign(key, request, &jti, system().now()).unwrap()
}

async fn token(server: &Server, key: Option<&Key>) -> String {
    let pairs = [
        ("client_id", CLIENT.0),
        ("client_secret", CLIENT.1),
        ("grant_type", "client_credentials"),
    ];
    let url = format!("{ISSUER}/token");
    let mut request =
        Request::post("/token").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    if let Some(key) = key {
        request = request.header("DPoP", proof(key, &dpop::Request::new("POST", &url)));
    }
    let request = request.body(Body::from(form(&pairs))).unwrap();
    let answer = send(&server.routes(), request).await;
    assert_eq!(
        answer.member("token_type"),
        if key.is_some() { "DPoP" } else { "Bearer" }
    );
    answer.member("access_token")
}

async fn call(app: &Router, scheme: &str, token: &str, key: Option<&Key>) -> Answer {
    let url = format!("{RESOURCE}/things");
    let mut request =
        Request::get("/things").header(header::AUTHORIZATION, format!("{scheme} {token}"));
    if let Some(key) = key {
        let signed = dpop::Request::new("GET", &url).with_access_token(token);
        request = request.header("DPoP", proof(key, &signed));
    }
    send(app, request.body(Body::empty()).unwrap()).await
}

/// The ways in which an API of this server may verify a token.
fn layers(server: &Server, access_tokens: AccessTokens) -> Vec<Protect> {
    let transport = Arc::new(InProcess(server.routes()));
    let client = ClientAuthentication::Basic {
        client_id: API.0.to_owned(),
        client_secret: API.1.into(),
    };
    let introspection = Verifier::introspection(&format!("{ISSUER}/introspect"), client)
        .audience(RESOURCE)
        .transport(transport.clone())
        .build();
    let mut layers = vec![
        server.protect(RESOURCE).unwrap(),
        protect(&introspection.unwrap()),
    ];
    if access_tokens != AccessTokens::Opaque {
        let jwt = Verifier::jwt(ISSUER, &format!("{ISSUER}/jwks"), RESOURCE);
        layers.push(protect(&jwt.transport(transport).build().unwrap()));
    }
    layers
}

#[tokio::test]
async fn an_api_takes_a_bound_token_with_a_proof_of_its_key_alone() {
    for access_tokens in [AccessTokens::Opaque, AccessTokens::Jwt(Algorithm::EdDsa)] {
        let server = server(access_tokens).await;
        for layer in layers(&server, access_tokens) {
            let layer = layer.dpop(&Dpop::at(RESOURCE).build().unwrap());
            let app = Router::new().route("/things", get(|| async { "things" }).layer(layer));
            let (key, thief) = (
                Key::generate(Algorithm::Es256).unwrap(),
                Key::generate(Algorithm::Es256).unwrap(),
            );
            let bound = token(&server, Some(&key)).await;
            let answer = call(&app, "DPoP", &bound, Some(&key)).await;
            assert_eq!(
                (answer.status.as_u16(), &*answer.text),
                (200, "things"),
                "{answer:?}"
            );
            for (scheme, key) in [
                ("Bearer", None),
                ("Bearer", Some(&key)),
                ("DPoP", None),
                ("DPoP", Some(&thief)),
            ] {
                let answer = call(&app, scheme, &bound, key).await;
                assert_eq!(answer.status, 401, "{scheme} {answer:?}");
            }
            let bearer = token(&server, None).await;
            assert_eq!(call(&app, "Bearer", &bearer, None).await.status, 200);
            assert_eq!(call(&app, "DPoP", &bearer, Some(&key)).await.status, 401);
        }
    }
}
