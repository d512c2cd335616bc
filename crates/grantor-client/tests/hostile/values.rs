//! Values at the end of their range, and errors that say whose fault it is.

use std::sync::Arc;
use std::time::Duration;

use crate::support::{ISSUER, World, request, settle};
use grantor_client::{Policy, SourceError, SubjectToken, TokenSet, TokenSource, Tokens};
use grantor_core::{BoxFuture, Timestamp, TokenParameters};
use grantor_store::{MasterKey, MemoryStore, Store};
use grantor_testkit::{Endpoint, FakeServer, Fault};
use http::Request;

#[test]
fn no_duration_of_the_policy_panics() {
    let server = FakeServer::listen().unwrap();
    type TokenChange = fn(&mut Policy);
    let set: [(&str, TokenChange); 9] = [
        ("margin", |policy| policy.refresh_margin = Duration::MAX),
        ("jitter", |policy| policy.jitter = Duration::MAX),
        ("default_lifetime", |policy| {
            policy.default_lifetime = Some(Duration::MAX)
        }),
        ("clock_skew", |policy| policy.clock_skew = Duration::MAX),
        ("request_timeout", |policy| {
            policy.request_timeout = Duration::MAX
        }),
        ("retry.limit", |policy| policy.retry.limit = Duration::MAX),
        ("retry.longest_retry_after", |policy| {
            policy.retry.longest_retry_after = Duration::MAX
        }),
        ("retry.attempts", |policy| policy.retry.attempts = u32::MAX),
        ("max_subjects", |policy| {
            policy.max_subject_tokens = usize::MAX
        }),
    ];
    server.set_lifetime(None);
    let mut bad = Vec::new();
    for (name, change) in set {
        let mut policy = Policy::default();
        change(&mut policy);
        server.fail_next(Fault::Status(500));
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let builder = Tokens::refresh_token(server.issuer(), "app", server.new_refresh_token());
        let builder = builder
            .policy(policy)
            .store(store, &MasterKey::from_bytes([7; 32]));
        let made = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let Ok(tokens) = builder.build() else {
                return true;
            };
            (0..2).all(|_| tokens.get_blocking().is_ok())
        }));
        if !matches!(made, Ok(true)) {
            bad.push((name, made.is_err()));
        }
    }
    assert!(bad.is_empty(), "{bad:?}");
}

#[derive(Debug)]
struct Until(Timestamp);

impl TokenSource for Until {
    fn fetch<'a>(&'a self, _: &'a TokenParameters) -> BoxFuture<'a, Result<TokenSet, SourceError>> {
        let set = TokenSet::new("t").expires_at(self.0);
        Box::pin(std::future::ready(Ok(set)))
    }
}

#[tokio::test(start_paused = true)]
async fn no_time_panics() {
    let world = World::new();
    let mut bad = Vec::new();
    for end in [
        Timestamp::from_millis(i64::MAX),
        Timestamp::from_millis(i64::MIN),
        Timestamp::from_secs(0),
    ] {
        let tokens = world.here(Tokens::from_source(Until(end))).build().unwrap();
        let source = match tokens.get().await {
            Err(error) if error.to_string().contains("abandoned") => Some(error),
            _ => None,
        };
        let given = TokenSet::new("t")
            .expires_at(end)
            .refresh_token(world.server.new_refresh_token());
        let tokens = world
            .here(Tokens::login(ISSUER, "app").token_set(given))
            .build()
            .unwrap();
        let set = tokio::spawn(async move { tokens.token_set().await.map(drop) }).await;
        let ended = SubjectToken::access_token("alice").expires_at(end);
        world.server.trust_token("alice");
        let exchange = world
            .here(Tokens::token_exchange(ISSUER, "app", "s3cret"))
            .build()
            .unwrap();
        let alice = exchange.for_subject(ended).unwrap();
        let alice = tokio::spawn(async move { alice.get().await.map(drop) }).await;
        if source.is_some() || set.is_err() || alice.is_err() {
            bad.push((end, source.is_some(), set.is_err(), alice.is_err()));
        }
    }
    assert!(bad.is_empty(), "{bad:?}");
}

#[tokio::test(start_paused = true)]
async fn a_wrong_password_from_a_request_needs_a_login_as_a_wrong_fixed_one_does() {
    let world = World::new();
    world.server.add_user("ada", "pw");
    let tokens = world
        .here(Tokens::password_from_request(ISSUER, "app"))
        .build()
        .unwrap();
    let wrong = Request::get("https://api.example/").header("authorization", "Basic YWRhOnh4");
    let error = tokens
        .prepare(&mut wrong.body(()).unwrap())
        .await
        .unwrap_err();
    assert!(error.needs_login(), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_subject_that_is_refused_is_no_mistake_of_the_configuration() {
    let world = World::new();
    let tokens = world
        .here(Tokens::token_exchange(ISSUER, "app", "s3cret"))
        .build()
        .unwrap();
    for code in ["invalid_request", "invalid_grant"] {
        let mut request = request();
        request
            .extensions_mut()
            .insert(SubjectToken::access_token(code));
        // RFC 8693 section 2.2.2: a subject token that is not good is an invalid_request.
        world.server.fail_next(Fault::Refused(code));
        let error = tokens.prepare(&mut request).await.unwrap_err();
        assert!(
            !error.is_configuration() && error.needs_login(),
            "{code}: {error:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_time_of_a_request_bounds_the_wait_for_its_token() {
    let world = World::new();
    world.server.fail_always(Endpoint::Token, Fault::Never);
    let tokens = world.here(world.client()).build().unwrap();
    let api = tokens.session("http://127.0.0.1:9/").unwrap();
    let began = tokio::time::Instant::now();
    let _ = api.get("x").timeout(Duration::from_secs(1)).send().await;
    assert!(
        began.elapsed() < Duration::from_secs(2),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn four_processes_at_a_server_that_never_answers_do_not_wait_for_each_other() {
    let world = World::new();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    world.server.fail_always(Endpoint::Token, Fault::Never);
    let began = tokio::time::Instant::now();
    let refresh_token = world.server.new_refresh_token();
    let mut all = Vec::new();
    for _ in 0..4 {
        let builder = world
            .login(&refresh_token)
            .store(Arc::clone(&store), &MasterKey::from_bytes([7; 32]));
        let tokens = world.here(builder).build().unwrap();
        all.push(tokio::spawn(async move { tokens.get().await.is_err() }));
    }
    settle().await;
    for one in all {
        assert!(one.await.unwrap());
    }
    let took = began.elapsed();
    assert!(
        took <= Duration::from_secs(50),
        "the last one waited {took:?}"
    );
}
