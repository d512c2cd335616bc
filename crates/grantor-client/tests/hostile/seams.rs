//! Where one feature meets another.

use std::sync::Arc;
use std::time::Duration;

use crate::support::{ISSUER, LOGINS_REFUSED, World, faulty_store, settle};
use grantor_client::{Event, Policy, Tokens};
use grantor_store::{MasterKey, MemoryStore, Store};
use grantor_testkit::store::StoreFault;
use grantor_testkit::{Endpoint, Fault, ScriptedAnswer};

#[tokio::test(start_paused = true)]
async fn a_lifetime_below_zero_loses_no_refresh_token() {
    let world = World::new();
    let first = world.server.new_refresh_token();
    let tokens = world.here(world.login(&first)).build().unwrap();
    world.server.set_extra("expires_in", serde_json::json!(-1));
    tokens.get().await.unwrap();
    world.advance(4000);
    world
        .server
        .set_extra("expires_in", serde_json::json!(3600));
    tokens.renew().await.unwrap();
    assert_eq!(world.server.reuses(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_the_server_repeats_of_a_request_is_not_in_the_error() {
    let world = World::new();
    let refresh_token = world.server.new_refresh_token();
    let body = format!(
        r#"{{"error":"invalid_request","error_description":"Invalid refresh token: {refresh_token}"}}"#
    );
    let answer = ScriptedAnswer::new(400).header("content-type", "application/json");
    world.server.fail_next(Fault::Answer(answer.body(body)));
    let tokens = world.here(world.login(&refresh_token)).build().unwrap();
    let error = tokens.get().await.unwrap_err();
    assert!(!error.to_string().contains(&refresh_token), "{error}");
    assert!(!format!("{error:?}").contains(&refresh_token), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn close_does_not_wait_for_the_pause_a_server_asked_for() {
    let world = World::new();
    let tokens = world.here(world.client()).build().unwrap();
    world
        .server
        .fail_always(Endpoint::Token, Fault::TooManyRequests(15));
    let waiting = tokens.clone();
    tokio::spawn(async move { waiting.get().await });
    settle().await;
    let began = tokio::time::Instant::now();
    tokens.close().await;
    let took = began.elapsed();
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn the_greatest_policy_panics_nowhere() {
    let world = World::new();
    let mut policy = Policy::default();
    policy.refresh_margin = Duration::MAX;
    policy.jitter = Duration::MAX;
    policy.clock_skew = Duration::MAX;
    policy.request_timeout = Duration::MAX;
    policy.default_lifetime = Some(Duration::MAX);
    policy.retry.first_pause = Duration::MAX;
    policy.retry.limit = Duration::MAX;
    policy.retry.longest_retry_after = Duration::MAX;
    policy.retry.attempts = u32::MAX;
    policy.max_subject_tokens = usize::MAX;
    world.server.set_lifetime(None);
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let key = MasterKey::from_bytes([7; 32]);
    for n in 0..2 {
        let builder = world.client().policy(policy.clone());
        let tokens = world
            .here(builder.store(Arc::clone(&store), &key))
            .build()
            .unwrap();
        if n == 0 {
            world.server.fail_next(Fault::Unavailable(1));
        }
        tokens.get().await.unwrap();
        tokens.token_set().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_of_a_sign_in_shows_its_state_or_parameters() {
    let world = World::new();
    let flow = world
        .here(Tokens::login(ISSUER, "app"))
        .code_flow("https://app.example/callback")
        .unwrap()
        .parameter("id_token_hint", "eyJ-hint");
    let started = flow.start().await.unwrap();
    let state = started.pending.state();
    assert!(!format!("{flow:?}").contains("eyJ-hint"), "{flow:?}");
    let shown = format!("{started:?}");
    assert!(!shown.contains(state.expose()), "{shown}");
    assert!(!shown.contains("eyJ-hint"), "{shown}");
}

#[tokio::test(start_paused = true)]
async fn an_event_listener_that_panics_keeps_the_login_that_is_not_stored_yet() {
    let world = World::new();
    let store = faulty_store();
    let key = MasterKey::from_bytes([7; 32]);
    let builder = world
        .login(&world.server.new_refresh_token())
        .login_label("ada");
    let builder = builder
        .store(Arc::clone(&store) as Arc<dyn Store>, &key)
        .on_event(|event| {
            assert!(!matches!(event, Event::NotPersisted), "mine");
        });
    let tokens = world.here(builder).build().unwrap();
    store.set(LOGINS_REFUSED);
    tokens.get().await.unwrap();
    store.set(StoreFault::None);
    tokio::time::sleep(Duration::from_secs(60)).await;
    tokens.close().await;
    drop(tokens);
    // Another process finds the newest refresh token.
    let builder = Tokens::login(ISSUER, "app").login_label("ada");
    let builder = builder.store(store as Arc<dyn Store>, &key);
    let again = world.here(builder).build().unwrap();
    again.get().await.unwrap();
    assert_eq!(world.server.reuses(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_token_set_that_is_many_rotations_old_goes_on_with_the_store() {
    let world = World::new();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let key = MasterKey::from_bytes([7; 32]);
    let builder = world
        .login(&world.server.new_refresh_token())
        .login_label("ada");
    let tokens = world
        .here(builder.store(Arc::clone(&store), &key))
        .build()
        .unwrap();
    let _ = tokens.token_set().await.unwrap();
    tokens.renew().await.unwrap();
    let saved = tokens.token_set().await.unwrap();
    for _ in 0..12 {
        world.advance(3600);
        tokens.get().await.unwrap();
    }
    tokens.close().await;
    drop(tokens);
    world.advance(3600);
    let builder = Tokens::login(ISSUER, "app")
        .login_label("ada")
        .token_set(saved);
    let tokens = world.here(builder.store(store, &key)).build().unwrap();
    tokens.get().await.unwrap();
    assert_eq!(world.server.reuses(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_listener_that_panics_when_a_login_ends_hides_that_from_nobody() {
    let world = World::new();
    let builder = world.login(&world.server.new_refresh_token());
    let builder = builder.on_event(|event| assert!(!matches!(event, Event::LoginEnded), "mine"));
    let tokens = world.here(builder).build().unwrap();
    world.server.fail_next(Fault::Refused("invalid_grant"));
    assert!(tokens.get().await.unwrap_err().needs_login());
}

#[tokio::test(start_paused = true)]
async fn hooks_beside_those_of_others_are_a_mistake_and_not_forgotten() {
    let world = World::new();
    let others = world.here(world.client()).build().unwrap();
    let builder = world.client().on_api_request(|_| {}).share_with(&others);
    let error = builder.build().unwrap_err();
    assert!(error.to_string().contains("share_with"), "{error}");
    world.client().share_with(&others).build().unwrap();
}
