//! From the first 401 to a token: registration, sign-in, refresh.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use grantor_client::{Dpop, Tokens};
use grantor_testkit::{Endpoint, Fault};

use crate::support::{ISSUER, World};
use crate::{
    CALLBACK, MCP, Visits, call, failed_call, good_call, metadata, parameter, registering,
};

#[tokio::test(start_paused = true)]
async fn a_401_leads_to_a_token_and_every_request_names_the_resource() {
    let (world, visits) = (World::new(), Visits::default());
    let tokens = registering(&world, &visits).build().unwrap();
    good_call(&world, &tokens).await;
    let calls = world.server.requests(Endpoint::Api);
    let carried: Vec<_> = calls.iter().map(|call| call.has_authorization()).collect();
    assert_eq!(carried, [false, true]);
    let registered = &world.server.requests(Endpoint::Registration)[0];
    let said = registered.json().unwrap();
    assert_eq!(said["application_type"], "native");
    assert_eq!(said["redirect_uris"], serde_json::json!([CALLBACK]));
    assert_eq!(
        said["grant_types"],
        serde_json::json!(["authorization_code", "refresh_token"])
    );
    assert_eq!(said["token_endpoint_auth_method"], "none");
    assert_eq!(said["client_name"], "App");
    assert_eq!(visits.parameter("client_id").as_deref(), Some("client-1"));
    assert_eq!(visits.parameter("resource").as_deref(), Some(MCP));
    assert_eq!(
        visits.parameter("code_challenge_method").as_deref(),
        Some("S256")
    );
    assert_eq!(visits.parameter("scope"), None);
    world.advance(3600);
    good_call(&world, &tokens).await;
    assert_eq!(visits.count(), 1);
    let requests = world.server.requests(Endpoint::Token);
    let grants: Vec<_> = requests.iter().map(|it| it.grant_type().unwrap()).collect();
    assert_eq!(grants, ["authorization_code", "refresh_token"]);
    for request in requests {
        assert_eq!(request.parameters("resource"), [MCP]);
        assert_eq!(request.client_id().as_deref(), Some("client-1"));
    }
}

#[tokio::test(start_paused = true)]
async fn an_api_that_asks_for_no_token_gets_none() {
    let (world, visits) = (World::new(), Visits::default());
    let tokens = registering(&world, &visits).build().unwrap();
    let open = grantor_testkit::ScriptedAnswer::new(200);
    world
        .server
        .fail_next_at(Endpoint::Api, Fault::Answer(open));
    good_call(&world, &tokens).await;
    assert_eq!(visits.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_carried_by_hand_needs_no_401() {
    let (world, visits) = (World::new(), Visits::default());
    let tokens = registering(&world, &visits).build().unwrap();
    assert!(tokens.get().await.is_ok());
    good_call(&world, &tokens).await;
    assert_eq!((visits.count(), world.server.count(Endpoint::Api)), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_hundred_calls_sign_one_user_in() {
    let (world, visits) = (World::new(), Visits::default());
    let tokens = registering(&world, &visits).build().unwrap();
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let (world, tokens) = (world.clone(), tokens.clone());
        all.spawn(async move { call(&world, &tokens).await.unwrap().status() });
    }
    for status in all.join_all().await {
        assert_eq!(status, 200);
    }
    assert_eq!(visits.count(), 1);
    assert_eq!(world.server.count(Endpoint::Registration), 1);
}

#[tokio::test(start_paused = true)]
async fn a_user_is_not_asked_as_long_as_there_is_a_token() {
    let (world, visits) = (World::new(), Visits::default());
    world.server.omit("refresh_token");
    let tokens = registering(&world, &visits).build().unwrap();
    good_call(&world, &tokens).await;
    world.advance(3500);
    good_call(&world, &tokens).await;
    crate::support::settle().await;
    assert_eq!(visits.count(), 1);
    world.advance(100);
    good_call(&world, &tokens).await;
    assert_eq!(visits.count(), 2);
    assert_eq!(world.server.count(Endpoint::Registration), 1);
}

#[tokio::test(start_paused = true)]
async fn a_redirect_of_another_server_ends_the_sign_in() {
    let world = World::new();
    let server = world.server.clone();
    let builder = Tokens::for_resource(MCP).register_as(metadata());
    let builder = builder.authorize_by(CALLBACK, move |url| {
        let mut redirect = server.approve(&url);
        let state = parameter(&redirect, "state").unwrap();
        redirect.set_query(None);
        redirect.query_pairs_mut().extend_pairs([
            ("code", "code-1"),
            ("state", &state),
            ("iss", "https://evil.example"),
        ]);
        async move { Ok(redirect.to_string()) }
    });
    let tokens = world.here(builder).build().unwrap();
    let error = failed_call(&world, &tokens, "\"iss\" is not the server that was asked").await;
    let step = format!("reading the redirect from {ISSUER}");
    assert!(error.to_string().starts_with(&step), "{error}");
    assert!(error.is_refused());
    assert_eq!(world.server.token_requests(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_error_says_at_which_step_it_happened() {
    let (world, visits) = (World::new(), Visits::default());
    let tokens = || registering(&world, &visits).build().unwrap();
    for (endpoint, fault, said) in [
        (
            Endpoint::ResourceMetadata,
            Fault::Status(503),
            format!("asking {MCP} for its metadata: "),
        ),
        (
            Endpoint::Metadata,
            Fault::Status(404),
            format!("finding an authorization server of {MCP}: {ISSUER}: "),
        ),
        (
            Endpoint::Registration,
            Fault::Refused("invalid_redirect_uri"),
            format!("registering a client at {ISSUER}: "),
        ),
        (
            Endpoint::Token,
            Fault::Refused("invalid_target"),
            format!("redeeming the code at {ISSUER}: "),
        ),
    ] {
        world.server.fail_always(endpoint, fault);
        failed_call(&world, &tokens(), &said).await;
        world.server.clear_faults();
    }
    let builder = Tokens::for_resource(MCP).register_as(metadata());
    let builder = builder.authorize_by(CALLBACK, |_| async { Err("no browser".into()) });
    let tokens = world.here(builder).build().unwrap();
    let said = format!("taking the user to {ISSUER}: the user was not signed in: no browser");
    let error = failed_call(&world, &tokens, &said).await;
    assert!(error.needs_login());
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_the_user_is_not_asked_again_at_once() {
    let world = World::new();
    let asked = Arc::new(AtomicUsize::new(0));
    let (server, count) = (world.server.clone(), Arc::clone(&asked));
    let builder = Tokens::for_resource(MCP).register_as(metadata());
    let builder = builder.authorize_by(CALLBACK, move |url| {
        count.fetch_add(1, Ordering::Relaxed);
        let redirect = server.deny(&url).to_string();
        async move { Ok(redirect) }
    });
    let tokens = world.here(builder).build().unwrap();
    for _ in 0..3 {
        let error = failed_call(&world, &tokens, "access_denied").await;
        assert!(error.needs_login());
    }
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn closing_the_tokens_ends_a_sign_in() {
    let world = World::new();
    let (sender, taken) = tokio::sync::watch::channel(false);
    let builder = Tokens::for_resource(MCP).register_as(metadata());
    let builder = builder.authorize_by(CALLBACK, move |_| {
        sender.send_replace(true);
        std::future::pending()
    });
    let tokens = world.here(builder).build().unwrap();
    let (calling, mut taken) = (tokens.clone(), taken);
    let waiting = tokio::spawn(async move { calling.get().await });
    taken.wait_for(|taken| *taken).await.unwrap();
    tokens.close().await;
    let error = waiting.await.unwrap().unwrap_err();
    assert!(
        error.to_string().contains("closed before the user"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_request_is_pushed_where_the_server_or_the_program_wants_that() {
    for by_server in [true, false] {
        let (world, visits) = (World::new(), Visits::default());
        let mut builder = registering(&world, &visits);
        match by_server {
            true => world.server.require_pushed_requests(),
            false => builder = builder.push_requests(),
        }
        good_call(&world, &builder.build().unwrap()).await;
        let names: Vec<_> = visits
            .last()
            .query_pairs()
            .map(|(name, _)| name.into_owned())
            .collect();
        assert_eq!(names, ["client_id", "request_uri"]);
        let pushed = &world.server.requests(Endpoint::PushedAuthorization)[0];
        assert_eq!(pushed.parameters("resource"), [MCP]);
        assert_eq!(
            pushed.parameter("code_challenge_method").as_deref(),
            Some("S256")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn tokens_are_bound_to_a_key() {
    let (world, visits) = (World::new(), Visits::default());
    let builder = registering(&world, &visits).dpop(Dpop::generated());
    let tokens = builder.build().unwrap();
    good_call(&world, &tokens).await;
    assert!(visits.parameter("dpop_jkt").is_some());
    let registered = &world.server.requests(Endpoint::Registration)[0];
    assert_eq!(registered.json().unwrap()["dpop_bound_access_tokens"], true);
    let call = &world.server.requests(Endpoint::Api)[1];
    assert!(call.headers().contains_key("dpop"));
    world.advance(3600);
    good_call(&world, &tokens).await;
    assert_eq!(visits.count(), 1);
}
