//! Logins whose state somebody else has stored meanwhile.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::shared_store::Shared;
use crate::support::{ISSUER, World};
use grantor_client::{Event, Tokens, TokensBuilder};
use grantor_core::TokenEndpointAuthMethod;
use grantor_store::{MasterKey, Put, Store};
use grantor_testkit::{Endpoint, Fault, ScriptedAnswer};

fn build(world: &World, store: &Arc<Shared>, builder: TokensBuilder) -> Tokens {
    let store: Arc<dyn Store> = Arc::<Shared>::clone(store);
    let key = MasterKey::from_bytes([7; 32]);
    let builder = builder.login_label("ada").store(store, &key);
    world.here(builder).build().unwrap()
}

/// The state for a process that knows only the store.
async fn goes_on_with(world: &World, store: &Arc<Shared>) -> String {
    let tokens = build(world, store, Tokens::login(ISSUER, "app"));
    // The stored access tokens are of no use any more.
    world.advance(3600);
    tokens.get().await.unwrap();
    sent(world)
}

/// The refresh token that was sent last.
fn sent(world: &World) -> String {
    let request = world.server.last_token_request().unwrap();
    request.parameter("refresh_token").unwrap()
}

/// Another login under the same label, as another process stored it.
async fn another_login(world: &World) -> Put {
    let store = Arc::new(Shared::default());
    let login = world.login(&world.server.new_refresh_token());
    build(world, &store, login).get().await.unwrap();
    store.last()
}

/// The next answer brings a refresh token that the server does not know.
fn answer_with_an_orphan(world: &World) {
    let body = r#"{"access_token":"mine","token_type":"Bearer","expires_in":3600,"refresh_token":"orphan"}"#;
    let answer = ScriptedAnswer::new(200).header("content-type", "application/json");
    world.server.fail_next(Fault::Answer(answer.body(body)));
}

#[tokio::test(start_paused = true)]
async fn a_login_that_another_one_replaced_is_given_up_and_the_other_one_used() {
    let world = World::new();
    let other = another_login(&world).await; // refresh-0-1
    let store = Arc::new(Shared::default());
    let login = world.login(&world.server.new_refresh_token());
    let tokens = build(&world, &store, login);
    tokens.get().await.unwrap();
    world.advance(3600);
    store.let_come_first(other);
    tokens.get().await.unwrap();
    assert_eq!(sent(&world), "refresh-0-1");
    let given_up = world.server.requests(Endpoint::Revocation);
    assert_eq!(given_up.len(), 1);
    let token = given_up[0].parameter("token");
    assert_eq!(token.as_deref(), Some("refresh-1-2"));
    let hint = given_up[0].parameter("token_type_hint");
    assert_eq!(hint.as_deref(), Some("refresh_token"));
    assert!(!world.server.takes_refresh_token("refresh-1-2"));
    assert_eq!(goes_on_with(&world, &store).await, "refresh-0-2");
    assert_eq!(world.server.reuses(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_login_is_given_up_by_a_request_that_the_client_signs() {
    let world = World::new();
    let methods = serde_json::json!(["none", "client_secret_jwt"]);
    let name = "token_endpoint_auth_methods_supported";
    world.server.set_metadata_member(name, methods);
    let signs = |builder: TokensBuilder| {
        let builder = builder.client_secret("a-secret-of-thirty-two-characters");
        builder.auth_method(TokenEndpointAuthMethod::ClientSecretJwt)
    };
    let elsewhere = Arc::new(Shared::default());
    let login = signs(world.login(&world.server.new_refresh_token()));
    build(&world, &elsewhere, login).get().await.unwrap();
    let store = Arc::new(Shared::default());
    let login = signs(world.login(&world.server.new_refresh_token()));
    let tokens = build(&world, &store, login);
    store.let_come_first(elsewhere.last());
    tokens.get().await.unwrap();
    let given_up = world.server.requests(Endpoint::Revocation);
    assert_eq!(given_up.len(), 1);
    assert!(given_up[0].parameter("client_assertion").is_some());
}

#[tokio::test(start_paused = true)]
async fn a_state_that_is_as_new_or_newer_stays() {
    for renewals in [1, 2] {
        let world = World::new();
        let store = Arc::new(Shared::default());
        let login = world.login(&world.server.new_refresh_token());
        let tokens = build(&world, &store, login);
        tokens.get().await.unwrap();
        let elsewhere = Arc::new(Shared::default());
        elsewhere.take(&store.last()).await;
        let others = build(&world, &elsewhere, Tokens::login(ISSUER, "app"));
        for _ in 0..renewals {
            others.renew().await.unwrap();
        }
        world.advance(3600);
        answer_with_an_orphan(&world);
        store.let_come_first(elsewhere.last());
        assert_eq!(tokens.get().await.unwrap().secret.expose(), "mine");
        assert_eq!(world.server.count(Endpoint::Revocation), 0);
        let newest = format!("refresh-0-{}", renewals + 1);
        assert_eq!(goes_on_with(&world, &store).await, newest);
        world.advance(3600);
        tokens.get().await.unwrap();
        assert_eq!(world.server.reuses(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn an_older_state_of_the_same_login_is_replaced() {
    let world = World::new();
    let store = Arc::new(Shared::default());
    let login = world.login(&world.server.new_refresh_token());
    let tokens = build(&world, &store, login);
    tokens.get().await.unwrap();
    let older = store.last();
    world.advance(3600);
    tokens.get().await.unwrap();
    world.advance(3600);
    store.let_come_first(older);
    tokens.get().await.unwrap();
    assert_eq!(goes_on_with(&world, &store).await, "refresh-0-3");
    assert_eq!(world.server.reuses(), 0);
}

#[tokio::test(start_paused = true)]
async fn of_many_states_that_wait_for_the_store_only_the_newest_is_written() {
    let world = World::new();
    let store = Arc::new(Shared::default());
    let events = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&events);
    let login = world.login(&world.server.new_refresh_token());
    let login = login.on_event(move |event| {
        if let Event::Persisted | Event::NotPersisted = event {
            seen.lock().unwrap().push(format!("{event:?}"));
        }
    });
    let tokens = build(&world, &store, login);
    store.fail(true);
    for _ in 0..3 {
        tokens.get().await.unwrap();
        world.advance(3600);
    }
    store.fail(false);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(store.states().len(), 1);
    let expected = ["NotPersisted", "NotPersisted", "NotPersisted", "Persisted"];
    assert_eq!(*events.lock().unwrap(), expected);
    assert_eq!(goes_on_with(&world, &store).await, "refresh-0-3");
}

/// Somebody has signed in anew while the store took nothing from here.
#[tokio::test(start_paused = true)]
async fn what_waits_for_the_store_replaces_neither_another_login_nor_a_newer_state() {
    let world = World::new();
    let another = another_login(&world).await;
    let elsewhere = Arc::new(Shared::default());
    let store = Arc::new(Shared::default());
    let persisted = Arc::new(AtomicBool::new(false));
    for newer in [false, true] {
        let login = world.login(&world.server.new_refresh_token());
        let told = Arc::clone(&persisted);
        let login = login.on_event(move |event| {
            told.fetch_or(matches!(event, Event::Persisted), Ordering::SeqCst);
        });
        let tokens = build(&world, &store, login);
        let state = if newer {
            tokens.get().await.unwrap();
            elsewhere.take(&store.last()).await;
            let others = build(&world, &elsewhere, Tokens::login(ISSUER, "app"));
            for _ in 0..2 {
                others.renew().await.unwrap();
            }
            world.advance(3600);
            answer_with_an_orphan(&world);
            elsewhere.last()
        } else {
            another.clone()
        };
        store.fail(true);
        tokens.get().await.unwrap();
        store.take(&state).await;
        store.fail(false);
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert!(!persisted.load(Ordering::SeqCst));
        let expected = if newer { "refresh-2-3" } else { "refresh-0-1" };
        assert_eq!(goes_on_with(&world, &store).await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_login_that_was_stored_late_is_over_once_it_is_removed() {
    let world = World::new();
    let store = Arc::new(Shared::default());
    let login = world.login(&world.server.new_refresh_token());
    let tokens = build(&world, &store, login);
    store.fail(true);
    tokens.get().await.unwrap();
    store.fail(false);
    tokio::time::sleep(Duration::from_secs(60)).await;
    let other = build(&world, &store, Tokens::login(ISSUER, "app"));
    other.forget().await.unwrap();
    world.advance(3600);
    assert!(tokens.get().await.unwrap_err().needs_login());
}
