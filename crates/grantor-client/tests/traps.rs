//! Known traps for clients, each a scenario that a naive client fails.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use futures_util::future::join_all;
use grantor_client::{Policy, Tokens};
use grantor_core::Timestamp;
use grantor_store::{MasterKey, MemoryStore, Store};
use grantor_testkit::{Endpoint, Fault};
use support::{ISSUER, World, request, settle};

/// Polls a future so often and drops it, wherever it is.
async fn poll_and_drop(times: u32, future: impl Future) {
    let mut future = pin!(future);
    for _ in 0..times {
        let over = poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready())).await;
        if over {
            return;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_thousand_callers_dropped_anywhere_lose_no_refresh_token() {
    let world = World::new();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let key = MasterKey::from_bytes([7; 32]);
    let first = world.server.new_refresh_token();
    let builder = world.login(&first).store(store, &key);
    let tokens = world.here(builder).build().unwrap();
    let mut seed = 7_u32;
    for round in 1..=10 {
        let callers: Vec<_> = (0..100)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let (polls, tokens) = (seed >> 27, tokens.clone());
                tokio::spawn(async move { poll_and_drop(polls, tokens.get()).await })
            })
            .collect();
        for caller in callers {
            caller.await.unwrap();
        }
        let set = tokens.token_set().await.unwrap();
        let current = set.refresh_token.unwrap();
        assert!(
            world.server.takes_refresh_token(current.expose()),
            "{round}"
        );
        world.server.assert_token_requests(round);
        world.advance(3600);
    }
    world.server.assert_no_refresh_token_was_reused();
}

#[test]
fn a_runtime_that_ends_in_the_middle_of_a_renewal_takes_no_refresh_token_with_it() {
    let world = World::new();
    let first = world.server.new_refresh_token();
    let tokens = world.thread(world.login(&first)).build().unwrap();
    for round in 1..=5 {
        world.server.hold();
        let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
        for _ in 0..50 {
            let tokens = tokens.clone();
            runtime.spawn(async move { tokens.get().await });
        }
        let watching = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        watching.block_on(world.server.holds(1));
        runtime.shutdown_background();
        world.server.release();
        tokens.get_blocking().unwrap();
        world.server.assert_token_requests(round);
        world.advance(3600);
    }
    world.server.assert_no_refresh_token_was_reused();
}

#[test]
fn threads_share_one_token_request() {
    let world = World::new();
    let tokens = world.thread(world.client()).build().unwrap();
    world.server.hold();
    let callers: Vec<_> = (0..16)
        .map(|_| {
            let tokens = tokens.clone();
            std::thread::spawn(move || tokens.get_blocking().unwrap().secret)
        })
        .collect();
    let watching = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    watching.block_on(world.server.holds(1));
    world.server.release();
    for caller in callers {
        assert_eq!(caller.join().unwrap().expose(), "access-1");
    }
    world.server.assert_token_requests(1);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_down_from_the_refresh_point_to_the_end_fails_no_call() {
    let world = World::new();
    let tokens = world.here(world.client()).build().unwrap();
    assert_eq!(world.call(&tokens).await.status(), 200);
    world.advance(3200);
    world
        .server
        .fail_always(Endpoint::Token, Fault::Status(503));
    for _ in 0..39 {
        world.advance(10);
        assert_eq!(world.call(&tokens).await.status(), 200);
        settle().await;
    }
    assert!(tokens.counts().failures > 0);
    assert_eq!(tokens.counts().waits, 1);
    // And then it is back.
    world.server.clear_faults();
    world.advance(120);
    assert_eq!(world.call(&tokens).await.status(), 200);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_client_secret_is_a_mistake_of_the_configuration_and_keeps_the_login() {
    let world = World::new();
    world.server.require_client("app", "s3cret");
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let key = MasterKey::from_bytes([7; 32]);
    let first = world.server.new_refresh_token();
    let login = |secret: &str| {
        let builder = world.login(&first).client_secret(secret);
        let builder = builder.store(Arc::clone(&store), &key);
        world.here(builder).build().unwrap()
    };
    login("s3cret").get().await.unwrap();
    world.advance(3600);
    let error = login("wrong").get().await.unwrap_err();
    assert!(error.is_configuration(), "{error}");
    assert!(!error.needs_login() && !error.is_transient());
    // A changed secret finds the same login, with its newest refresh token.
    world.server.require_client("app", "changed");
    login("changed").get().await.unwrap();
    world.server.assert_no_refresh_token_was_reused();
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_slept_makes_one_request() {
    let world = World::new();
    let tokens = world.here(world.client()).build().unwrap();
    tokens.get().await.unwrap();
    world.advance(7 * 24 * 3600);
    for token in join_all((0..100).map(|_| tokens.get())).await {
        assert_eq!(token.unwrap().secret.expose(), "access-2");
    }
    world.server.assert_token_requests(2);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_jumps_back_and_forth_makes_no_storm_over_a_store() {
    let world = World::new();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let key = MasterKey::from_bytes([7; 32]);
    let build = || {
        let builder = world.client().store(Arc::clone(&store), &key);
        world.here(builder).build().unwrap()
    };
    let running = build();
    running.get().await.unwrap();
    let now = world.now().as_secs();
    for offset in [-7200, 7200, -86_400, 86_400, 0] {
        world.clock.jump_to(Timestamp::from_secs(now + offset));
        // The one that runs goes on with what it has; a new one asks once at most.
        assert_eq!(running.get().await.unwrap().secret.expose(), "access-1");
        let fresh = build();
        for _ in 0..20 {
            fresh.get().await.unwrap();
        }
    }
    assert!(world.server.token_requests() <= 6);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_takes_the_request_and_never_answers_leaves_nobody_waiting() {
    let world = World::new();
    let mut policy = Policy::default();
    policy.request_timeout = Duration::from_secs(3);
    policy.retry.attempts = 2;
    let tokens = world.here(world.client()).policy(policy).build().unwrap();
    tokens.metadata().await.unwrap();
    world.server.fail_always(Endpoint::Token, Fault::Never);
    let began = tokio::time::Instant::now();
    for outcome in join_all((0..50).map(|_| tokens.get())).await {
        assert!(outcome.unwrap_err().is_transient());
    }
    assert!(
        began.elapsed() < Duration::from_secs(7),
        "{:?}",
        began.elapsed()
    );
    world.server.assert_token_requests(2);
    // The same holds for the metadata.
    let tokens = world.here(world.client()).build().unwrap();
    world.server.fail_always(Endpoint::Metadata, Fault::Never);
    assert!(tokens.get().await.unwrap_err().is_transient());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_wants_to_be_left_alone_is_left_alone_by_all() {
    let world = World::new();
    let tokens = world.here(world.client()).build().unwrap();
    let other = tokens.with_scope("other").unwrap();
    world.server.fail_next(Fault::TooManyRequests(60));
    let error = tokens.get().await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(60)));
    for _ in 0..10 {
        let error = other.get().await.unwrap_err();
        assert!(error.is_transient());
        assert!(
            error
                .retry_after()
                .is_some_and(|left| left <= Duration::from_secs(60))
        );
    }
    world.server.assert_token_requests(1);
    world.advance(61);
    other.get().await.unwrap();
    world.server.assert_token_requests(2);
}

#[tokio::test(start_paused = true)]
async fn the_statuses_that_are_tried_again_are_the_policys() {
    let world = World::new();
    let mut policy = Policy::default();
    policy.retry.statuses = vec![http::StatusCode::IM_A_TEAPOT];
    policy.retry.attempts = 5;
    let tokens = world.here(world.client()).policy(policy).build().unwrap();
    world.server.fail_next(Fault::Status(418));
    world.server.fail_next(Fault::Status(418));
    tokens.get().await.unwrap();
    world.server.assert_token_requests(3);
    world.advance(3600);
    world.server.fail_next(Fault::Status(503));
    tokens.get().await.unwrap_err();
    world.server.assert_token_requests(4);
}

#[tokio::test(start_paused = true)]
async fn a_missing_lifetime_is_the_policys() {
    for lifetime in [None, Some(serde_json::Value::Null)] {
        let world = World::new();
        world.server.omit("expires_in");
        if let Some(null) = lifetime {
            world.server.answer_tokens_with(move |members| {
                let mut members = members.clone();
                members.insert("expires_in".to_owned(), null.clone());
                grantor_testkit::answer::json(200, &members.into())
            });
        }
        let mut policy = Policy::default();
        policy.default_lifetime = Some(Duration::from_secs(600));
        let tokens = world.here(world.client()).policy(policy).build().unwrap();
        let set = tokens.token_set().await.unwrap();
        assert_eq!(set.expires_at, Some(world.now() + Duration::from_secs(600)));
        for _ in 0..10 {
            tokens.get().await.unwrap();
        }
        world.server.assert_token_requests(1);
        world.advance(600);
        tokens.get().await.unwrap();
        world.server.assert_token_requests(2);
    }
}

#[tokio::test(start_paused = true)]
async fn every_renewal_asks_for_the_same_as_the_first_request() {
    let world = World::new();
    let builder = world.client().scope("read").audience("orders");
    let builder = builder
        .resource("https://api.example/a")
        .parameter("tenant", "t");
    let tokens = world.here(builder).build().unwrap();
    for _ in 0..3 {
        tokens.get().await.unwrap();
        let sent = world.server.last_token_request().unwrap();
        for (name, value) in [
            ("grant_type", "client_credentials"),
            ("scope", "read"),
            ("audience", "orders"),
            ("resource", "https://api.example/a"),
            ("tenant", "t"),
        ] {
            assert_eq!(sent.parameter(name).as_deref(), Some(value), "{name}");
        }
        world.advance(3600);
    }
}

#[tokio::test(start_paused = true)]
async fn tokens_for_another_audience_secret_or_endpoint_are_other_tokens() {
    let world = World::new();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let key = MasterKey::from_bytes([7; 32]);
    let base = || Tokens::client_credentials(ISSUER, "app", "s3cret");
    let others = [
        base(),
        base().audience("orders"),
        base().parameter("tenant", "t"),
        base().client_secret("changed"),
        base().scope("read"),
        base().token_endpoint(world.server.token_endpoint()),
    ];
    let mut seen = std::collections::HashSet::new();
    let count = others.len();
    for builder in others {
        let builder = world.here(builder).store(Arc::clone(&store), &key);
        let token = builder.build().unwrap().get().await.unwrap().secret;
        assert!(seen.insert(token.expose().to_owned()));
    }
    world.server.assert_token_requests(count);
}

#[tokio::test(start_paused = true)]
async fn another_status_may_be_a_rejection() {
    let world = World::new();
    let mut policy = Policy::default();
    policy.rejection_statuses = vec![http::StatusCode::UNAUTHORIZED, http::StatusCode::FORBIDDEN];
    let tokens = world.here(world.client()).policy(policy).build().unwrap();
    world.call(&tokens).await;
    let attempt = tokens.prepare(&mut request()).await.unwrap();
    let forbidden = http::Response::builder().status(403).body(()).unwrap();
    assert!(!attempt.observe(&forbidden).await.is_done());
    world.server.assert_token_requests(2);
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_slept_under_a_lease_sends_no_refresh_token_when_it_wakes() {
    let world = World::new();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let key = MasterKey::from_bytes([7; 32]);
    let first = world.server.new_refresh_token();
    let builder = world.login(&first).store(store, &key);
    let tokens = world.here(builder).build().unwrap();
    // It sleeps while it waits for the second try.
    world.server.fail_next(Fault::Status(500));
    let asleep = async {
        while world.server.token_requests() == 0 {
            tokio::task::yield_now().await;
        }
        world.advance(3600);
    };
    let (outcome, ()) = tokio::join!(tokens.get(), asleep);
    assert!(outcome.unwrap_err().is_transient());
    world.server.assert_token_requests(1);
    // Awake, it takes the lease again.
    world.advance(1);
    tokens.get().await.unwrap();
    world.server.assert_no_refresh_token_was_reused();
}
