//! Clients, logins and servers that outlive the process, and those that are made anew.

use std::sync::Arc;

use bytes::Bytes;
use grantor_client::TokensBuilder;
use grantor_http::Transport;
use grantor_store::{MasterKey, MemoryStore};
use grantor_testkit::{Endpoint, FakeServer, FakeTransport, Fault};
use serde_json::json;

use crate::support::World;
use crate::{CALLBACK, Visits, good_call, registering, registering_at};

fn key() -> MasterKey {
    MasterKey::from_bytes([7; 32])
}

fn kept(builder: TokensBuilder, store: &Arc<MemoryStore>, label: &str) -> TokensBuilder {
    let store = Arc::clone(store);
    builder
        .store(store, &key())
        .single_process()
        .login_label(label)
}

#[tokio::test(start_paused = true)]
async fn client_and_login_outlive_the_process() {
    let (world, visits) = (World::new(), Visits::default());
    let store = Arc::new(MemoryStore::new());
    let build = |label| {
        kept(registering(&world, &visits), &store, label)
            .build()
            .unwrap()
    };
    let tokens = build("alice");
    world.server.set_api_scope("read");
    good_call(&world, &tokens).await;
    tokens.close().await;
    let before = (visits.count(), world.server.count(Endpoint::Registration));
    assert_eq!(before, (2, 1));
    // The access token has ended, so the refresh token is used, by the client that it was given to.
    world.advance(3600);
    let tokens = build("alice");
    good_call(&world, &tokens).await;
    assert_eq!(visits.count(), 2);
    let last = world.server.requests(Endpoint::Token).pop().unwrap();
    assert_eq!(last.grant_type().as_deref(), Some("refresh_token"));
    assert_eq!(last.client_id().as_deref(), Some("client-1"));
    assert_eq!(last.parameters("resource"), [crate::MCP]);
    // The scope that was requested before is known too.
    world.server.set_api_scope("write");
    good_call(&world, &tokens).await;
    assert_eq!(visits.parameter("scope").as_deref(), Some("read write"));
    // Another user signs in by the same client.
    good_call(&world, &build("bob")).await;
    assert_eq!(world.server.count(Endpoint::Registration), 1);
}

#[tokio::test(start_paused = true)]
async fn a_login_goes_on_at_its_own_server_whatever_the_resource_lists_first() {
    let (world, visits) = (World::new(), Visits::default());
    let store = Arc::new(MemoryStore::new());
    let build = || {
        kept(registering(&world, &visits), &store, "alice")
            .build()
            .unwrap()
    };
    let tokens = build();
    good_call(&world, &tokens).await;
    tokens.close().await;
    let servers = json!(["https://other.example", crate::support::ISSUER]);
    world
        .server
        .set_resource_metadata_member("authorization_servers", servers);
    world
        .server
        .fail_next_at(Endpoint::Metadata, Fault::Status(503));
    world
        .server
        .fail_next_at(Endpoint::Metadata, Fault::Status(503));
    world.advance(3600);
    let tokens = build();
    // A server that is busy is not left for another one.
    let error = crate::call(&world, &tokens).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    world.advance(60);
    good_call(&world, &tokens).await;
    assert_eq!(visits.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_the_server_forgot_registers_again() {
    let (world, visits) = (World::new(), Visits::default());
    let store = Arc::new(MemoryStore::new());
    let build = || {
        kept(registering(&world, &visits), &store, "alice")
            .build()
            .unwrap()
    };
    let tokens = build();
    good_call(&world, &tokens).await;
    world.server.forget_client("client-1");
    world.advance(3600);
    good_call(&world, &tokens).await;
    assert_eq!(visits.parameter("client_id").as_deref(), Some("client-2"));
    assert_eq!(
        (visits.count(), world.server.count(Endpoint::Registration)),
        (2, 2)
    );
    world.advance(3600);
    good_call(&world, &build()).await;
    assert_eq!(
        (visits.count(), world.server.count(Endpoint::Registration)),
        (2, 2)
    );
}

#[tokio::test(start_paused = true)]
async fn a_login_that_is_over_leads_to_a_new_sign_in() {
    let (world, visits) = (World::new(), Visits::default());
    let tokens = registering(&world, &visits).build().unwrap();
    good_call(&world, &tokens).await;
    world.server.fail_next(Fault::Refused("invalid_grant"));
    world.advance(3600);
    good_call(&world, &tokens).await;
    assert_eq!(
        (visits.count(), world.server.count(Endpoint::Registration)),
        (2, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn a_login_that_was_begun_anew_elsewhere_is_not_renewed_at_the_old_server() {
    let (world, visits) = (World::new(), Visits::default());
    let other = FakeServer::new("https://other.example");
    begin(&other, "/register", "{}").await;
    let store = Arc::new(MemoryStore::new());
    let (first, second) = (world.server.clone(), other.clone());
    let at = move |host: Option<&str>| match host {
        Some("other.example") => second.clone(),
        _ => first.clone(),
    };
    let approving = at.clone();
    let transport = FakeTransport::new(move |request: http::Request<Bytes>| {
        let server = at(request.uri().host());
        async move { server.send(request).await }
    });
    let build = || {
        let (seen, approving) = (visits.clone(), approving.clone());
        let builder = registering_at(&world.server, &visits).authorize_by(CALLBACK, move |url| {
            seen.0.lock().unwrap().push(url.clone());
            let redirect = approving(url.host_str()).approve(&url).to_string();
            async move { Ok(redirect) }
        });
        let builder = world.here(builder).transport(transport.clone());
        kept(builder, &store, "alice").build().unwrap()
    };
    let tokens = build();
    good_call(&world, &tokens).await;
    // Another handle begins the login anew at another server.
    let servers = json!(["https://other.example"]);
    world
        .server
        .set_resource_metadata_member("authorization_servers", servers);
    let elsewhere = build();
    assert!(elsewhere.renew().await.is_ok());
    assert_eq!(visits.last().host_str(), Some("other.example"));
    // The first handle knows the old server still, and the store the new login.
    world.advance(3600);
    let before = world.server.token_requests();
    let error = tokens.get().await.unwrap_err();
    assert!(
        error.to_string().contains("begun anew at another server"),
        "{error}"
    );
    world.advance(60);
    assert!(tokens.get().await.is_ok());
    assert_eq!(world.server.token_requests(), before);
    let last = other.requests(Endpoint::Token).pop().unwrap();
    assert_eq!(last.grant_type().as_deref(), Some("refresh_token"));
}

/// Sends a request to a server, so that what it gives next has other names than that of another one.
async fn begin(server: &FakeServer, path: &str, body: &'static str) {
    let url = server.issuer().join(path);
    let request = http::Request::post(url.as_str()).body(Bytes::from_static(body.as_bytes()));
    let answer = server.send(request.unwrap()).await.unwrap();
    assert!(answer.status().is_success());
}

#[tokio::test(start_paused = true)]
async fn another_server_gets_a_client_and_a_login_of_its_own() {
    let (world, visits) = (World::new(), Visits::default());
    let other = FakeServer::new("https://other.example");
    begin(&other, "/register", "{}").await;
    begin(&other, "/token", "grant_type=client_credentials").await;
    let (first, second) = (world.server.clone(), other.clone());
    let at = move |host: Option<&str>| match host {
        Some("other.example") => second.clone(),
        _ => first.clone(),
    };
    let seen = visits.clone();
    let approving = at.clone();
    let builder = registering_at(&world.server, &visits).authorize_by(CALLBACK, move |url| {
        seen.0.lock().unwrap().push(url.clone());
        let redirect = approving(url.host_str()).approve(&url).to_string();
        async move { Ok(redirect) }
    });
    let transport = FakeTransport::new(move |request: http::Request<Bytes>| {
        let server = at(request.uri().host());
        async move { server.send(request).await }
    });
    let tokens = world.here(builder).transport(transport).build().unwrap();
    good_call(&world, &tokens).await;
    // The resource moves to the other server, which knows no token of the first.
    let servers = json!(["https://other.example"]);
    world
        .server
        .set_resource_metadata_member("authorization_servers", servers);
    let moved = World {
        clock: world.clock.clone(),
        server: other.clone(),
    };
    good_call(&moved, &tokens).await;
    assert_eq!(visits.last().host_str(), Some("other.example"));
    assert_eq!(visits.parameter("client_id").as_deref(), Some("client-2"));
    let last = other.requests(Endpoint::Token).pop().unwrap();
    assert_eq!(last.client_id().as_deref(), Some("client-2"));
    assert_eq!(last.grant_type().as_deref(), Some("authorization_code"));
    assert_eq!(
        world.server.token_requests(),
        1,
        "nothing was renewed at the first"
    );
    world.advance(3600);
    good_call(&moved, &tokens).await;
    assert_eq!((visits.count(), world.server.token_requests()), (2, 1));
}
