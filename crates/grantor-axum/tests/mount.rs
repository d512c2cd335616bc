//! A server mounted in an axum application that has routes of its own.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use grantor_axum::ServerExt;
use grantor_core::{ClientAuthentication, GrantParameters, Issuer, Scope, TokenRequest};
use grantor_http::system;
use grantor_server::{NewClient, Server, StoredClients};
use grantor_site::AccountSite;
use grantor_store::{MasterKey, MemoryStore, Namespace, Store, Stores};
use http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

const API: &str = "https://api.example.com";

async fn application(issuer: &str) -> (Router, ClientAuthentication) {
    let issuer = Issuer::parse(issuer).unwrap();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let key = MasterKey::from_bytes([7; 32]).sealing_key();
    let stores = Stores::new(store, Namespace::new("t"), system()).seal_under(key);
    let clients = StoredClients::open(&stores).await.unwrap();
    let app = NewClient::confidential("app")
        .with_grant_types(["client_credentials"])
        .with_scope(Scope::parse("read write").unwrap());
    let client_secret = clients.add(app).await.unwrap().unwrap();
    let api = NewClient::resource_server("api", API);
    clients.add(api).await.unwrap();
    let server = Server::builder(issuer, stores)
        .site_with(AccountSite::for_server)
        .build()
        .await
        .unwrap();
    let read = server.protect(API).unwrap().scope("read");
    let app = Router::new()
        .route("/things", get(|| async { "things" }).layer(read))
        .route("/open", get(|| async { "open" }))
        .merge(server.routes());
    let client = ClientAuthentication::Basic {
        client_id: "app".to_owned(),
        client_secret,
    };
    (app, client)
}

async fn call(app: &Router, request: Request<Body>) -> (StatusCode, Vec<u8>) {
    let answer = app.clone().oneshot(request).await.unwrap();
    let status = answer.status();
    let body = answer.into_body().collect().await.unwrap();
    (status, body.to_bytes().to_vec())
}

fn get_request(path: &str, token: Option<&str>) -> Request<Body> {
    let mut request = Request::builder().uri(path);
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    request.body(Body::empty()).unwrap()
}

async fn token(app: &Router, client: &ClientAuthentication, base: &str, scope: &str) -> String {
    let mut ask = TokenRequest::new(GrantParameters::ClientCredentials);
    ask.parameters.scope = Some(Scope::parse(scope).unwrap());
    ask.parameters.resource = vec![API.to_owned()];
    let request = ask.to_request(&format!("{base}/token").parse().unwrap(), client);
    let (status, body) = call(app, request.map(Body::from)).await;
    assert_eq!(status, StatusCode::OK);
    let body: Value = serde_json::from_slice(&body).unwrap();
    body["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_route_is_open_only_to_tokens_of_its_scope() {
    let base = "https://id.example.com";
    let (app, client) = application(base).await;
    let read = token(&app, &client, base, "read").await;
    let write = token(&app, &client, base, "write").await;
    let with = |token| call(&app, get_request("/things", token));
    assert_eq!(with(None).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(with(Some("ga_no")).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(with(Some(&write)).await.0, StatusCode::FORBIDDEN);
    assert_eq!(
        with(Some(&read)).await,
        (StatusCode::OK, b"things".to_vec())
    );
    let (status, _) = call(&app, get_request("/open", None)).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn an_issuer_with_a_path_is_found_where_the_specifications_say() {
    let base = "https://id.example.com/auth";
    let (app, client) = application(base).await;
    for path in [
        "/.well-known/oauth-authorization-server/auth",
        "/auth/.well-known/openid-configuration",
    ] {
        let (status, body) = call(&app, get_request(path, None)).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["issuer"], base);
        assert_eq!(body["token_endpoint"], format!("{base}/token"));
    }
    token(&app, &client, base, "read").await;
    let (status, _) = call(&app, get_request("/token", None)).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn metadata_is_found_by_clients_that_keep_the_slash_of_the_issuer() {
    let (app, _) = application("https://id.example.com").await;
    for place in ["oauth-authorization-server", "openid-configuration"] {
        for slash in ["", "/"] {
            let path = format!("/.well-known/{place}{slash}");
            let (status, _) = call(&app, get_request(&path, None)).await;
            assert_eq!(status, StatusCode::OK, "{path}");
        }
    }
}

/// The server of the README: nothing but its issuer is configured.
#[tokio::test]
async fn a_protected_route_can_be_called_with_and_without_naming_its_resource() {
    let base = "https://id.example.com";
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let key = MasterKey::from_bytes([7; 32]).sealing_key();
    let stores = Stores::new(store, Namespace::new("t"), system()).seal_under(key);
    let clients = StoredClients::open(&stores).await.unwrap();
    let new = NewClient::confidential("app")
        .with_grant_types(["client_credentials"])
        .with_scope(Scope::parse("read").unwrap());
    let client = ClientAuthentication::Basic {
        client_id: "app".to_owned(),
        client_secret: clients.add(new).await.unwrap().unwrap(),
    };
    let issuer = Issuer::parse(base).unwrap();
    let server = Server::builder(issuer, stores)
        .site_with(AccountSite::for_server)
        .build()
        .await
        .unwrap();
    let protected = server.protect(API).unwrap().scope("read");
    let app = Router::new()
        .route("/things", get(|| async { "things" }).layer(protected))
        .merge(server.routes());
    let ask = async |resource: Option<&str>| {
        let mut ask = TokenRequest::new(GrantParameters::ClientCredentials);
        ask.parameters.resource = resource.map(str::to_owned).into_iter().collect();
        let request = ask.to_request(&format!("{base}/token").parse().unwrap(), &client);
        let (status, body) = call(&app, request.map(Body::from)).await;
        let body: Value = serde_json::from_slice(&body).unwrap();
        (status, body["access_token"].as_str().map(str::to_owned))
    };
    for resource in [None, Some(API)] {
        let (_, token) = ask(resource).await;
        let (status, _) = call(&app, get_request("/things", token.as_deref())).await;
        assert_eq!(status, StatusCode::OK, "{resource:?}");
    }
    let (status, _) = ask(Some("https://other.example.com")).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}
