//! This workspace's client, which authenticates by JWT at this workspace's server.

use grantor::axum::ServerExt;
use grantor::client::{Assertion, ClientCredential, Tokens};
use grantor::core::{RevocationRequest, TokenEndpointAuthMethod};
use grantor::jose::{Algorithm, Key};
use grantor::server::{self, ClientAuthMethod, ClientKeys, NewClient, Server};
use grantor::store::{MasterKey, MemoryStore};
use serde_json::json;

use crate::in_process::InProcess;

const ISSUER: &str = "https://id.example.com";

async fn server() -> Server {
    let key = MasterKey::from_bytes([7; 32]);
    let opened = server::open(ISSUER, MemoryStore::new(), key).await.unwrap();
    opened.build().await.unwrap()
}

fn job() -> NewClient {
    NewClient::confidential("job")
        .with_grant_types(["client_credentials"])
        .with_scope("read".parse().unwrap())
}

/// Gets a token, looks at it, and revokes it.
async fn works(
    server: &Server,
    credential: ClientCredential,
    method: Option<TokenEndpointAuthMethod>,
) {
    let tokens = Tokens::client_credentials(ISSUER, "job", credential);
    let tokens = match method {
        Some(method) => tokens.auth_method(method),
        None => tokens,
    };
    let tokens = tokens.transport(InProcess(server.routes()));
    let tokens = tokens
        .allow_origin("https://api.example.com")
        .build()
        .unwrap();
    let token = tokens.get().await.unwrap();
    let text = token.secret.expose();
    let seen = server.introspect(text).await.unwrap();
    assert_eq!(seen.client_id.as_deref(), Some("job"));
    // A second assertion, at another endpoint.
    tokens.revoke(&RevocationRequest::new(text)).await.unwrap();
    assert!(!server.introspect(text).await.unwrap().active);
}

#[tokio::test]
async fn by_a_private_key() {
    for algorithm in [
        Algorithm::Es256,
        Algorithm::EdDsa,
        Algorithm::Rs256,
        Algorithm::Ps256,
    ] {
        let server = server().await;
        let key = Key::generate(algorithm).unwrap();
        let keys = json!({ "keys": [key.public().unwrap()] }).to_string();
        let new = job().with_private_key_jwt(ClientKeys::from_json(&keys).unwrap());
        server.clients().unwrap().add(new).await.unwrap();
        works(&server, Assertion::new(key).into(), None).await;
    }
}

#[tokio::test]
async fn by_a_secret_that_signs() {
    let server = server().await;
    let new = job().with_auth_method(ClientAuthMethod::ClientSecretJwt);
    let secret = server.clients().unwrap().add(new).await.unwrap().unwrap();
    let method = TokenEndpointAuthMethod::ClientSecretJwt;
    works(&server, secret.into(), Some(method)).await;
}
