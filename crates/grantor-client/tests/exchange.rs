//! Tokens on behalf of others: one for each request.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::cell::RefCell;
use std::time::Duration;

use futures_util::future::join_all;
use grantor_client::{ClientCredential, Policy, SubjectToken, Tokens, TokensBuilder};
use grantor_core::{TokenEndpointAuthMethod, token_type};
use grantor_store::{MasterKey, MemoryStore, Store};
use grantor_testkit::store::CountingStore;
use grantor_testkit::{Endpoint, Fault};
use http::Request;
use support::{ISSUER, World, bearer, request};

fn exchange(world: &World) -> TokensBuilder {
    world.here(Tokens::token_exchange(ISSUER, "app", "s3cret"))
}

fn of(subject: &str) -> Request<()> {
    let mut request = request();
    let extensions = request.extensions_mut();
    extensions.insert(SubjectToken::access_token(subject));
    request
}

tokio::task_local! {
    static INCOMING: RefCell<Option<String>>;
}

fn incoming() -> Option<SubjectToken> {
    let token = INCOMING.try_with(|token| token.borrow().clone());
    token.ok().flatten().map(SubjectToken::access_token)
}

#[tokio::test(start_paused = true)]
async fn the_subject_is_asked_for_where_the_request_is_made() {
    let world = World::new();
    let tokens = exchange(&world).subject_from(incoming).build().unwrap();
    for subject in ["alice", "bob", "alice"] {
        world.server.trust_token(subject);
        let (tokens, server) = (tokens.clone(), world.server.clone());
        let call = async move {
            let mut request = request();
            let _attempt = tokens.prepare(&mut request).await.unwrap();
            assert_eq!(server.api(&request).status(), 200);
        };
        INCOMING
            .scope(RefCell::new(Some(subject.to_owned())), call)
            .await;
    }
    let sent = world.server.requests(Endpoint::Token);
    let subjects: Vec<_> = sent.iter().map(|r| r.parameter("subject_token")).collect();
    assert_eq!(subjects, [Some("alice".to_owned()), Some("bob".to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn a_subject_may_have_to_be_waited_for() {
    let world = World::new();
    world.server.trust_token("alice");
    let builder = exchange(&world).subject_from_async(|| {
        Box::pin(async {
            tokio::task::yield_now().await;
            Some(SubjectToken::access_token("alice"))
        })
    });
    let tokens = builder.build().unwrap();
    assert_eq!(world.call(&tokens).await.status(), 200);
}

#[tokio::test(start_paused = true)]
async fn all_that_is_said_of_an_exchange_is_sent() {
    let world = World::new();
    world.server.trust_token("alice");
    world.server.trust_token("service");
    let tokens = exchange(&world)
        .audience("orders")
        .resource("https://api.example/orders")
        .scope("read")
        .actor(SubjectToken::new("service", token_type::JWT))
        .requested_token_type(token_type::ACCESS_TOKEN)
        .build()
        .unwrap();
    let alice = SubjectToken::new("alice", token_type::ID_TOKEN);
    tokens.for_subject(alice).unwrap().get().await.unwrap();
    let sent = world.server.last_token_request().unwrap();
    for (name, value) in [
        (
            "grant_type",
            "urn:ietf:params:oauth:grant-type:token-exchange",
        ),
        ("subject_token", "alice"),
        ("subject_token_type", token_type::ID_TOKEN),
        ("actor_token", "service"),
        ("actor_token_type", token_type::JWT),
        ("audience", "orders"),
        ("resource", "https://api.example/orders"),
        ("scope", "read"),
        ("requested_token_type", token_type::ACCESS_TOKEN),
    ] {
        assert_eq!(sent.parameter(name).as_deref(), Some(value), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_actor_may_have_tokens_of_its_own() {
    let world = World::new();
    world.server.trust_token("alice");
    let actor = world.here(world.client()).build().unwrap();
    let tokens = exchange(&world).actor(actor.clone()).build().unwrap();
    let alice = SubjectToken::access_token("alice");
    tokens.for_subject(alice).unwrap().get().await.unwrap();
    let sent = world.server.last_token_request().unwrap();
    let actor_token = actor.get().await.unwrap().secret;
    assert_eq!(
        sent.parameter("actor_token").as_deref(),
        Some(actor_token.expose())
    );
}

#[tokio::test(start_paused = true)]
async fn without_a_subject_it_is_an_error_or_the_clients_own_token() {
    let world = World::new();
    let tokens = exchange(&world).subject_from(|| None).build().unwrap();
    let error = tokens.prepare(&mut request()).await.unwrap_err();
    assert!(error.is_configuration(), "{error}");
    world.server.assert_no_token_requests();
    let tokens = exchange(&world).subject_from(|| None).optional_subject();
    let tokens = tokens.build().unwrap();
    assert_eq!(world.call(&tokens).await.status(), 200);
    assert_eq!(world.server.token_requests_of("client_credentials"), 1);
}

#[tokio::test(start_paused = true)]
async fn callers_of_one_subject_share_one_exchange() {
    let world = World::new();
    for n in 0..10 {
        world.server.trust_token(&format!("user{n}"));
    }
    let tokens = exchange(&world).build().unwrap();
    let calls = (0..200).map(|n| {
        let tokens = tokens.clone();
        async move {
            let mut request = of(&format!("user{}", n % 10));
            let _attempt = tokens.prepare(&mut request).await.unwrap();
            bearer(&request).to_owned()
        }
    });
    let sent = join_all(calls).await;
    assert_eq!(world.server.token_requests(), 10);
    for (n, token) in sent.iter().enumerate() {
        assert_eq!(*token, sent[n % 10]);
        assert!(n % 10 == 0 || *token != sent[n % 10 - 1]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_exchanged_ends_with_its_subject() {
    let world = World::new();
    world.server.trust_token("alice");
    let tokens = exchange(&world).build().unwrap();
    let end = world.now() + Duration::from_secs(60);
    let alice = SubjectToken::access_token("alice").expires_at(end);
    let alice = tokens.for_subject(alice).unwrap();
    assert_eq!(alice.token_set().await.unwrap().expires_at, Some(end));
    world
        .server
        .fail_always(Endpoint::Token, Fault::Refused("invalid_grant"));
    world.advance(61);
    assert!(alice.get().await.is_err());
}

#[tokio::test(start_paused = true)]
async fn as_many_are_kept_as_the_policy_says() {
    let world = World::new();
    let mut policy = Policy::default();
    policy.max_subject_tokens = 3;
    let tokens = exchange(&world).policy(policy).build().unwrap();
    let call = async |user: &str| {
        world.server.trust_token(user);
        let mut request = of(user);
        let _attempt = tokens.prepare(&mut request).await.unwrap();
    };
    for user in ["a", "b", "c", "a", "d"] {
        call(user).await;
    }
    assert_eq!(world.server.token_requests(), 4);
    // The one that was not used for the longest time made room.
    call("a").await;
    assert_eq!(world.server.token_requests(), 4);
    call("b").await;
    assert_eq!(world.server.token_requests(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_rejected_token_of_a_subject_is_exchanged_anew() {
    let world = World::new();
    world.server.trust_token("alice");
    let tokens = exchange(&world).build().unwrap();
    let alice = tokens
        .for_subject(SubjectToken::access_token("alice"))
        .unwrap();
    assert_eq!(world.call(&alice).await.status(), 200);
    world.server.revoke_access_tokens();
    assert_eq!(world.call(&alice).await.status(), 200);
    assert_eq!(world.server.token_requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_manager_leaves_nothing_behind() {
    let world = World::new();
    world.server.trust_token("alice");
    let counted = std::sync::Arc::new(());
    let held = std::sync::Arc::clone(&counted);
    let builder = exchange(&world).on_event(move |_| {
        let _ = &held;
    });
    let tokens = builder.build().unwrap();
    let mut request = of("alice");
    drop(tokens.prepare(&mut request).await.unwrap());
    drop(tokens);
    support::settle().await;
    assert_eq!(std::sync::Arc::strong_count(&counted), 1);
}

fn with_basic(credentials: &str) -> Request<()> {
    use base64::Engine;
    let credentials = base64::engine::general_purpose::STANDARD.encode(credentials);
    let mut request = request();
    let value = format!("Basic {credentials}").parse().unwrap();
    request.headers_mut().insert("authorization", value);
    request
}

#[tokio::test(start_paused = true)]
async fn users_who_come_with_a_request_get_tokens_of_their_own() {
    let world = World::new();
    world.server.add_user("ada", "pass:word");
    world.server.add_user("bob", "b");
    let builder = world.here(Tokens::password_from_request(ISSUER, "app"));
    let tokens = builder.build().unwrap();
    for credentials in ["ada:pass:word", "bob:b", "ada:pass:word"] {
        let mut request = with_basic(credentials);
        let _attempt = tokens.prepare(&mut request).await.unwrap();
        assert_eq!(world.server.api(&request).status(), 200);
    }
    assert_eq!(world.server.token_requests_of("password"), 2);
    let mut wrong = with_basic("ada:hunter2");
    let error = tokens.prepare(&mut wrong).await.unwrap_err();
    assert!(!format!("{error:?}").contains("hunter2"));
}

#[tokio::test(start_paused = true)]
async fn a_request_without_a_user_is_an_error_that_says_so() {
    let world = World::new();
    let builder = world.here(Tokens::password_from_request(ISSUER, "app"));
    let tokens = builder.build().unwrap();
    for mut request in [request(), with_basic("no colon")] {
        let error = tokens.prepare(&mut request).await.unwrap_err();
        assert!(error.is_configuration(), "{error}");
    }
    assert!(tokens.get().await.unwrap_err().is_configuration());
    world.server.assert_no_token_requests();
}

#[tokio::test(start_paused = true)]
async fn what_is_said_of_an_exchange_elsewhere_is_named_as_a_mistake() {
    let world = World::new();
    let builder = world.here(world.client()).subject_from(incoming);
    let error = builder.build().unwrap_err();
    assert!(error.to_string().contains("token_exchange"), "{error}");
    let tokens = world.here(world.client()).build().unwrap();
    let alice = SubjectToken::access_token("alice");
    assert!(tokens.for_subject(alice).unwrap_err().is_configuration());
}

#[tokio::test(start_paused = true)]
async fn what_was_exchanged_for_a_subject_is_not_stored() {
    let world = World::new();
    world.server.trust_token("alice");
    let memory: std::sync::Arc<dyn Store> = std::sync::Arc::new(MemoryStore::new());
    let store = std::sync::Arc::new(CountingStore::new(memory));
    let key = MasterKey::from_bytes([7; 32]);
    let shared: std::sync::Arc<dyn Store> = std::sync::Arc::<CountingStore>::clone(&store);
    let tokens = exchange(&world).store(shared, &key).build().unwrap();
    let alice = tokens.for_subject(SubjectToken::access_token("alice"));
    alice.unwrap().get().await.unwrap();
    assert_eq!(store.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_access_token_is_read_and_not_sent() {
    let world = World::new();
    world.server.trust_token("alice");
    world.server.set_extra("token_type", "N_A".into());
    let tokens = exchange(&world).build().unwrap();
    let alice = tokens.for_subject(SubjectToken::access_token("alice"));
    let alice = alice.unwrap();
    let token = alice.get().await.unwrap();
    assert_eq!(token.token_type, "N_A");
    assert_eq!(token.secret.expose(), "access-1");
    let mut request = request();
    let error = alice.prepare(&mut request).await.unwrap_err();
    assert!(error.is_refused(), "{error}");
    assert!(request.headers().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_token_is_exchanged_for_a_public_client_and_for_no_client() {
    let world = World::new();
    world.server.trust_token("alice");
    let public = Some(TokenEndpointAuthMethod::None);
    for (client_id, method, sent) in [
        ("app", None, Some("app")),
        ("", None, None),
        ("", public, None),
    ] {
        let mut builder = Tokens::token_exchange(ISSUER, client_id, ClientCredential::None);
        if let Some(method) = method {
            builder = builder.auth_method(method);
        }
        let tokens = world.here(builder).build().unwrap();
        let alice = tokens.for_subject(SubjectToken::access_token("alice"));
        alice.unwrap().get().await.unwrap();
        let request = world.server.requests(Endpoint::Token).pop().unwrap();
        assert_eq!(request.parameter("client_id").as_deref(), sent);
        assert!(!request.has_authorization());
    }
    // The body has no empty parameter either.
    let request = world.server.requests(Endpoint::Token).pop().unwrap();
    let body = String::from_utf8(request.request().body().to_vec()).unwrap();
    assert!(!body.contains("client_id"), "{body}");
}

#[tokio::test(start_paused = true)]
async fn a_secret_and_a_token_of_the_clients_own_need_the_clients_name() {
    let world = World::new();
    let with_secret = Tokens::token_exchange(ISSUER, "", "s3cret");
    let own_token = Tokens::token_exchange(ISSUER, "", ClientCredential::None).optional_subject();
    for builder in [with_secret, own_token] {
        let error = world.here(builder).build().unwrap_err();
        assert!(error.is_configuration());
        assert!(error.to_string().contains("\"client_id\""), "{error}");
    }
}
