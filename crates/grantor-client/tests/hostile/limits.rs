//! Limits that are promised, and places where a token shows.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::web::{Answer, Web};
use crate::support::{ISSUER, World};
use grantor_client::{BearerMethod, CodeFlow, RequestKind, Server, Tokens};
use grantor_testkit::Fault;

const CALLBACK: &str = "https://app.example/callback";

async fn sign_in(world: &World, flow: &CodeFlow) -> Tokens {
    let started = flow.start().await.unwrap();
    let redirect = world.server.approve(&started.url);
    let signed_in = flow.finish(started.pending, redirect.query().unwrap());
    signed_in.await.unwrap().tokens
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_looks_for_metadata_at_the_given_place() {
    let world = World::new();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    let place = "https://config.example/oauth.json";
    let builder = Tokens::login(Server::issuer(ISSUER).metadata_at(place), "app");
    let builder = builder.on_request(move |call, request| {
        if call == RequestKind::Discovery {
            log.lock().unwrap().push(request.uri().to_string());
        }
    });
    let flow = world.here(builder).code_flow(CALLBACK).unwrap();
    let _ = flow.start().await;
    assert_eq!(
        asked.lock().unwrap().first().map(String::as_str),
        Some(place)
    );
}

#[tokio::test(start_paused = true)]
async fn a_server_that_wants_to_be_left_alone_is_left_alone_by_all_users_of_an_application() {
    let world = World::new();
    let flow = world
        .here(Tokens::login(ISSUER, "app"))
        .code_flow(CALLBACK)
        .unwrap();
    let ada = sign_in(&world, &flow.clone().login_label("ada")).await;
    let bob = sign_in(&world, &flow.clone().login_label("bob")).await;
    world.advance(3600);
    world.server.forget_history();
    world.server.fail_next(Fault::TooManyRequests(600));
    let _ = ada.get().await;
    let _ = bob.get().await;
    assert_eq!(world.server.token_requests(), 1);
}

#[tokio::test]
async fn the_middleware_shows_no_token_in_an_error() {
    let world = World::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let builder = world
        .here(world.client())
        .allow_origin(&base)
        .bearer_method(BearerMethod::Query);
    let tokens = builder.build().unwrap();
    let client = grantor_http::client_builder(&grantor_http::Timeouts::default());
    let client = reqwest_middleware::ClientBuilder::new(client.unwrap().build().unwrap());
    let client = client.with(tokens.middleware()).build();
    let error = client.get(format!("{base}/x")).send().await.unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("access-1"), "{shown}");
}

#[test]
fn a_blocking_session_needs_no_runtime_for_hooks_that_wait() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let web = runtime.block_on(Web::start(|_| Answer::text(200, "")));
    let world = World::new();
    let builder = world.thread(world.client()).on_api_request_async(|_| {
        Box::pin(async { tokio::time::sleep(Duration::from_millis(1)).await })
    });
    let api = builder
        .build()
        .unwrap()
        .blocking_session(&web.url("/"))
        .unwrap();
    let sent = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| api.get("x").send()));
    assert!(sent.is_ok(), "a hook that waits panics");
}

#[tokio::test(start_paused = true)]
async fn a_look_up_tells_how_long_the_server_wants_to_be_left_alone() {
    use grantor_testkit::Endpoint;
    let world = World::new();
    let tokens = world.here(world.client()).build().unwrap();
    world
        .server
        .fail_next_at(Endpoint::Introspection, Fault::TooManyRequests(60));
    let query = grantor_core::IntrospectionRequest::new("t");
    let mut said = Vec::new();
    for _ in 0..2 {
        if let Err(error) = tokens.introspect(&query).await {
            said.push(error.retry_after());
        }
        world.advance(61);
    }
    assert_eq!(said, [Some(Duration::from_secs(60))]);
}
