//! Where tokens come from, besides client credentials and logins that are handed in.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use grantor_client::{Server, SourceError, TokenSet, TokenSource, Tokens};
use grantor_core::{BoxFuture, Timestamp, TokenParameters};
use grantor_testkit::{Endpoint, Fault, Rotation};
use support::{API, ISSUER, World, bearer, request};

fn password(world: &World) -> grantor_client::TokensBuilder {
    world.server.add_user("ada", "correct horse");
    world.here(Tokens::password(ISSUER, "app", "ada", "correct horse"))
}

#[tokio::test(start_paused = true)]
async fn a_user_whose_password_is_known_is_signed_in_and_renewed() {
    let world = World::new();
    let tokens = password(&world).scope("read").build().unwrap();
    assert_eq!(world.call(&tokens).await.status(), 200);
    world.advance(4000);
    assert_eq!(world.call(&tokens).await.status(), 200);
    assert_eq!(world.server.token_requests_of("password"), 1);
    assert_eq!(world.server.token_requests_of("refresh_token"), 1);
    let sent = world.server.requests(Endpoint::Token);
    assert_eq!(sent[0].parameter("username").as_deref(), Some("ada"));
    assert_eq!(sent[0].parameter("scope").as_deref(), Some("read"));
    assert_eq!(world.server.reuses(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_password_is_used_again_when_the_refresh_token_is_of_no_use() {
    let world = World::new();
    let tokens = password(&world).build().unwrap();
    tokens.get().await.unwrap();
    world.server.fail_next(Fault::Refused("invalid_grant"));
    world.advance(4000);
    tokens.get().await.unwrap();
    assert_eq!(world.server.token_requests_of("password"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_token_that_has_ended_is_not_sent() {
    let world = World::new();
    world
        .server
        .set_refresh_lifetime(Some(Duration::from_secs(1800)));
    let tokens = password(&world).build().unwrap();
    tokens.get().await.unwrap();
    world.advance(4000);
    tokens.get().await.unwrap();
    assert_eq!(world.server.token_requests_of("password"), 2);
    assert_eq!(world.server.token_requests_of("refresh_token"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_login_whose_refresh_token_has_ended_is_over_without_asking() {
    let world = World::new();
    world
        .server
        .set_refresh_lifetime(Some(Duration::from_secs(1800)));
    let login = world.login(&world.server.new_refresh_token());
    let tokens = world.here(login).build().unwrap();
    tokens.get().await.unwrap();
    world.advance(4000);
    assert!(tokens.get().await.unwrap_err().needs_login());
    assert_eq!(world.server.token_requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_password_needs_a_login_and_is_not_shown() {
    let world = World::new();
    world.server.add_user("ada", "correct horse");
    let builder = world.here(Tokens::password(ISSUER, "app", "ada", "hunter2"));
    let tokens = builder.build().unwrap();
    let error = tokens.get().await.unwrap_err();
    assert!(error.needs_login(), "{error}");
    assert!(!format!("{tokens:?} {error:?}").contains("hunter2"));
}

#[tokio::test(start_paused = true)]
async fn another_password_does_not_get_the_token_of_the_right_one() {
    let world = World::new();
    let store: Arc<dyn grantor_store::Store> = Arc::new(grantor_store::MemoryStore::new());
    let key = grantor_store::MasterKey::from_bytes([7; 32]);
    let tokens = password(&world).store(Arc::clone(&store), &key).build();
    tokens.unwrap().get().await.unwrap();
    let wrong = world.here(Tokens::password(ISSUER, "app", "ada", "guess"));
    let wrong = wrong.store(store, &key).build().unwrap();
    assert!(wrong.get().await.unwrap_err().needs_login());
}

#[tokio::test(start_paused = true)]
async fn a_static_token_is_used_and_never_renewed() {
    let world = World::new();
    let tokens = world.here(Tokens::static_token("opaque")).build().unwrap();
    let mut sent = request();
    let attempt = tokens.prepare(&mut sent).await.unwrap();
    assert_eq!(bearer(&sent), "opaque");
    let rejected = http::Response::builder().status(401).body(()).unwrap();
    world.advance(60);
    assert!(attempt.observe(&rejected).await.is_done());
    assert!(tokens.renew().await.unwrap_err().needs_login());
    assert!(
        tokens
            .supports_grant("password")
            .await
            .unwrap_err()
            .is_configuration()
    );
    world.server.assert_no_token_requests();
}

#[tokio::test(start_paused = true)]
async fn a_static_token_that_has_ended_is_an_error() {
    let world = World::new();
    let end = world.now() + Duration::from_secs(100);
    let set = TokenSet::new("opaque").expires_at(end);
    let tokens = world.here(Tokens::static_token(set)).build().unwrap();
    assert_eq!(tokens.get().await.unwrap().secret.expose(), "opaque");
    world.advance(101);
    assert!(tokens.get().await.unwrap_err().needs_login());
}

#[derive(Debug, Default)]
struct Vault {
    asked: AtomicUsize,
    fails: AtomicUsize,
    end: Option<Timestamp>,
}

impl TokenSource for Vault {
    fn fetch<'a>(
        &'a self,
        parameters: &'a TokenParameters,
    ) -> BoxFuture<'a, Result<TokenSet, SourceError>> {
        Box::pin(async move {
            let number = self.asked.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            if self.fails.load(Ordering::SeqCst) > 0 {
                self.fails.fetch_sub(1, Ordering::SeqCst);
                return Err("the vault is sealed".into());
            }
            let audience = parameters.audience.join(",");
            let mut set = TokenSet::new(format!("{audience}{number}"));
            set.expires_at = self.end;
            Ok(set)
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_of_ones_own_is_asked_once_for_all() {
    let world = World::new();
    let vault = Arc::new(Vault {
        end: Some(world.now() + Duration::from_secs(3600)),
        ..Vault::default()
    });
    let builder = Tokens::from_source(Arc::clone(&vault)).audience("orders");
    let tokens = world.here(builder).build().unwrap();
    let all = join_all((0..100).map(|_| tokens.get())).await;
    for token in all {
        assert_eq!(token.unwrap().secret.expose(), "orders0");
    }
    world.advance(3400);
    // It is renewed in the background; one that fails leaves what there is.
    vault.fails.store(1, Ordering::SeqCst);
    assert_eq!(tokens.get().await.unwrap().secret.expose(), "orders0");
    support::settle().await;
    assert_eq!(vault.asked.load(Ordering::SeqCst), 2);
    assert_eq!(tokens.get().await.unwrap().secret.expose(), "orders0");
    assert_eq!(tokens.counts().failures, 1);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_fails_is_a_transient_error_with_its_reason() {
    let world = World::new();
    let vault = Arc::new(Vault::default());
    vault.fails.store(1, Ordering::SeqCst);
    let tokens = world.here(Tokens::from_source(vault)).build().unwrap();
    let error = tokens.get().await.unwrap_err();
    assert!(error.is_transient());
    assert!(error.to_string().contains("the vault is sealed"), "{error}");
}

/// Gives this text as a token.
#[derive(Debug)]
struct Text(&'static str);

impl TokenSource for Text {
    fn fetch<'a>(&'a self, _: &'a TokenParameters) -> BoxFuture<'a, Result<TokenSet, SourceError>> {
        Box::pin(async { Ok(TokenSet::new(self.0)) })
    }
}

#[tokio::test(start_paused = true)]
async fn an_empty_token_of_a_source_is_a_transient_error() {
    let world = World::new();
    for empty in ["", " \n"] {
        let tokens = world.here(Tokens::from_source(Text(empty)));
        let error = tokens.build().unwrap().get().await.unwrap_err();
        assert!(error.is_transient(), "{error}");
        assert!(error.to_string().contains("empty token"), "{error}");
    }
}

#[test]
fn a_source_in_a_store_needs_a_name() {
    let store = Arc::new(grantor_store::MemoryStore::new());
    let key = grantor_store::MasterKey::from_bytes([7; 32]);
    let build = |label: &str| {
        let builder = Tokens::from_source(Arc::new(Vault::default())).login_label(label);
        builder.store(store.clone(), &key).build()
    };
    let error = build("").unwrap_err();
    assert!(error.to_string().contains("label"), "{error}");
    assert!(build("vault").is_ok());
}

#[tokio::test(start_paused = true)]
async fn tokens_at_hand_are_used_to_their_end_and_renewed_then() {
    let world = World::new();
    let refresh_token = world.server.new_refresh_token();
    let set = TokenSet::new("at-hand")
        .expires_at(world.now() + Duration::from_secs(1000))
        .refresh_token(refresh_token.as_str());
    let builder = Tokens::login(ISSUER, "app").token_set(set);
    let tokens = world.here(builder).build().unwrap();
    assert_eq!(tokens.get().await.unwrap().secret.expose(), "at-hand");
    world.server.assert_no_token_requests();
    world.advance(1001);
    let renewed = tokens.token_set().await.unwrap();
    assert_ne!(renewed.access_token.expose(), "at-hand");
    assert_eq!(
        renewed.expires_at,
        Some(world.now() + Duration::from_secs(3600))
    );
    let next = renewed.refresh_token.unwrap();
    assert_ne!(next.expose(), refresh_token);
    assert!(world.server.takes_refresh_token(next.expose()));
}

#[tokio::test(start_paused = true)]
async fn what_was_read_out_can_be_handed_in_again() {
    let world = World::new();
    world.server.set_rotation(Rotation::Strict);
    let login = world.login(&world.server.new_refresh_token());
    let first = world.here(login).build().unwrap();
    let set = first.token_set().await.unwrap();
    let json = set.to_json();
    drop(first);
    let set = TokenSet::from_json(json.expose()).unwrap();
    let second = world.here(Tokens::login(ISSUER, "app").token_set(set));
    let second = second.build().unwrap();
    second.get().await.unwrap();
    assert_eq!(world.server.token_requests(), 1);
    world.advance(4000);
    second.get().await.unwrap();
    assert_eq!(world.server.reuses(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_server_without_metadata_needs_no_issuer() {
    let world = World::new();
    let server = Server::at_token_endpoint(world.server.token_endpoint());
    let builder = Tokens::client_credentials(server, "app", "s3cret");
    let tokens = world.here(builder).build().unwrap();
    assert_eq!(world.call(&tokens).await.status(), 200);
    assert_eq!(world.server.count(Endpoint::Metadata), 0);
    assert!(tokens.metadata().await.unwrap_err().is_configuration());
}

#[tokio::test(start_paused = true)]
async fn metadata_at_a_place_of_its_own_is_compared_all_the_same() {
    let world = World::new();
    let at = format!("{ISSUER}/.well-known/openid-configuration");
    let server = Server::issuer(ISSUER).metadata_at(&at);
    let tokens = world.here(Tokens::client_credentials(server, "app", "s3cret"));
    let tokens = tokens.build().unwrap();
    tokens.get().await.unwrap();
    assert!(tokens.supports_grant("client_credentials").await.unwrap());
    assert!(!tokens.supports_grant("urn:unknown").await.unwrap());
    assert_eq!(world.server.count(Endpoint::Metadata), 1);
    let liar = Server::issuer("https://other.example").metadata_at(at);
    let tokens = world.here(Tokens::client_credentials(liar, "app", "s3cret"));
    let error = tokens.build().unwrap().get().await.unwrap_err();
    assert!(error.to_string().contains("issuer"), "{error}");
}

#[test]
fn a_server_that_is_nowhere_is_named_as_such() {
    let build = |server: Server| {
        let built = Tokens::client_credentials(server, "app", "s3cret")
            .allow_origin(API)
            .build();
        built.unwrap_err().to_string()
    };
    assert!(build(Server::default()).contains("neither an issuer nor an endpoint"));
    let error = build(Server::at_token_endpoint("http://idp.example/token"));
    assert!(
        error.contains("\"token_endpoint\" is not an https URL"),
        "{error}"
    );
}

#[test]
fn a_token_of_another_type_that_is_handed_in_is_refused() {
    for token_type in ["DPoP", "N_A", "mac"] {
        let json = format!(r#"{{"access_token":"t","token_type":"{token_type}"}}"#);
        let set = TokenSet::from_json(&json).unwrap();
        let error = Tokens::static_token(set.clone()).build().unwrap_err();
        assert!(error.is_configuration(), "{error}");
        assert!(error.to_string().contains(token_type), "{error}");
        let login = Tokens::refresh_token(ISSUER, "app", "rt").token_set(set);
        assert!(login.build().unwrap_err().is_configuration());
    }
}

/// Gives a token of a type.
#[derive(Debug)]
struct OfType(&'static str);

impl TokenSource for OfType {
    fn fetch<'a>(&'a self, _: &'a TokenParameters) -> BoxFuture<'a, Result<TokenSet, SourceError>> {
        let mut set = TokenSet::new("t");
        set.token_type = self.0.to_owned();
        Box::pin(async { Ok(set) })
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_of_another_type_that_a_source_gives_is_refused() {
    let world = World::new();
    for token_type in ["DPoP", "N_A"] {
        let tokens = world.here(Tokens::from_source(OfType(token_type)));
        let error = tokens.build().unwrap().get().await.unwrap_err();
        assert!(error.is_refused(), "{error}");
        assert!(error.to_string().contains(token_type), "{error}");
    }
}
