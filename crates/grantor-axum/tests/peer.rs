//! The peer's address, which limits on guessing count by.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use grantor_axum::ServerExt;
use grantor_core::{ClientAuthentication, GrantParameters, Issuer, PeerAddress, TokenRequest};
use grantor_http::system;
use grantor_server::{Bucket, Limit, Limits, NewClient, Server, StoredClients};
use grantor_site::AccountSite;
use grantor_store::{MasterKey, MemoryStore, Namespace, Stores};
use http::{Request, StatusCode};
use tower::ServiceExt;

/// A server that allows two wrong secrets from one address.
async fn application() -> Router {
    let key = MasterKey::from_bytes([7; 32]).sealing_key();
    let store = Arc::new(MemoryStore::new());
    let stores = Stores::new(store, Namespace::new("t"), system()).seal_under(key);
    let clients = StoredClients::open(&stores).await.unwrap();
    let app = NewClient::confidential("app").with_grant_types(["client_credentials"]);
    clients.add(app).await.unwrap();
    let limit = Limit::new(2, Duration::from_secs(3600));
    let limits = Limits::new(&stores).with(Bucket::WrongClientSecrets, limit);
    let issuer = Issuer::parse("https://id.example.com").unwrap();
    let builder = Server::builder(issuer, stores)
        .site_with(AccountSite::for_server)
        .limits(limits);
    builder.build().await.unwrap().routes()
}

fn guess() -> Request<Body> {
    let client = ClientAuthentication::Basic {
        client_id: "app".to_owned(),
        client_secret: "a guess".into(),
    };
    let endpoint = "https://id.example.com/token".parse().unwrap();
    let request = TokenRequest::new(GrantParameters::ClientCredentials);
    request.to_request(&endpoint, &client).map(Body::from)
}

/// Sends a request over a connection from `peer`, as `axum::serve` does.
async fn send(app: &Router, peer: &str, request: Request<Body>) -> StatusCode {
    let peer: SocketAddr = peer.parse().unwrap();
    let connections = app
        .clone()
        .into_make_service_with_connect_info::<SocketAddr>();
    let connection = connections.oneshot(peer).await.unwrap();
    connection.oneshot(request).await.unwrap().status()
}

#[tokio::test]
async fn guesses_count_by_the_address_of_the_connection() {
    let app = application().await;
    for peer in ["192.0.2.1:1000", "192.0.2.1:2000"] {
        assert_eq!(send(&app, peer, guess()).await, StatusCode::UNAUTHORIZED);
    }
    let limited = send(&app, "192.0.2.1:3000", guess()).await;
    assert_eq!(limited, StatusCode::TOO_MANY_REQUESTS);
    let other = send(&app, "192.0.2.2:1000", guess()).await;
    assert_eq!(other, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_address_that_the_application_sets_takes_precedence() {
    let app = application().await;
    for (own, expected) in [
        ("198.51.100.1", StatusCode::UNAUTHORIZED),
        ("198.51.100.2", StatusCode::UNAUTHORIZED),
        ("198.51.100.1", StatusCode::UNAUTHORIZED),
        ("198.51.100.1", StatusCode::TOO_MANY_REQUESTS),
    ] {
        let mut request = guess();
        let address = PeerAddress(own.parse().unwrap());
        request.extensions_mut().insert(address);
        assert_eq!(
            send(&app, "192.0.2.1:1000", request).await,
            expected,
            "{own}"
        );
    }
}

#[tokio::test]
async fn an_application_without_addresses_is_not_limited_by_them() {
    let app = application().await;
    for _ in 0..4 {
        let status = app.clone().oneshot(guess()).await.unwrap().status();
        assert_eq!(status, StatusCode::UNAUTHORIZED);
    }
}
