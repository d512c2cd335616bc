//! Signing a user in by code, and what a token can be asked.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use grantor_client::{CodeFlow, Pending, Tokens};
use grantor_core::{TokenQuery, TokenTypeHint};
use grantor_testkit::Fault;
use support::{ISSUER, World};
use url::Url;

const CALLBACK: &str = "https://app.example/callback";

fn flow(world: &World) -> CodeFlow {
    let builder = Tokens::login(ISSUER, "app").scope("read write");
    world.here(builder).code_flow(CALLBACK).unwrap()
}

fn param(url: &Url, name: &str) -> Option<String> {
    let mut pairs = url.query_pairs();
    pairs
        .find(|(n, _)| n == name)
        .map(|(_, value)| value.into_owned())
}

#[tokio::test(start_paused = true)]
async fn a_user_signs_in() {
    let world = World::new();
    let flow = flow(&world).parameter("prompt", "consent");
    let started = flow.start().await.unwrap();
    assert_eq!(
        param(&started.url, "code_challenge_method").unwrap(),
        "S256"
    );
    assert_eq!(param(&started.url, "scope").unwrap(), "read write");
    assert_eq!(param(&started.url, "prompt").unwrap(), "consent");
    let cookie = serde_json::to_string(&started.pending).unwrap();
    let pending: Pending = serde_json::from_str(&cookie).unwrap();
    let redirect = world.server.approve(&started.url);
    let tokens = flow
        .finish(pending, redirect.query().unwrap())
        .await
        .unwrap();
    let token = tokens.get().await.unwrap();
    assert_eq!(token.scope.unwrap().as_str(), "read write");
    world.advance(3600);
    assert!(tokens.get().await.is_ok());
    assert_eq!(world.server.token_requests(), 2);
    assert_eq!(world.server.reuses(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_redirect_that_was_not_asked_for_is_refused() {
    let world = World::new();
    let flow = flow(&world);
    let started = flow.start().await.unwrap();
    let other = flow.start().await.unwrap();
    assert_ne!(started.pending, other.pending);
    let redirect = world.server.approve(&started.url);
    let query = redirect.query().unwrap();
    let of_another = flow.finish(other.pending.clone(), query).await;
    assert!(of_another.unwrap_err().to_string().contains("\"state\""));
    let without_issuer = query.split("&iss=").next().unwrap();
    let unnamed = flow.finish(started.pending.clone(), without_issuer).await;
    assert!(unnamed.unwrap_err().to_string().contains("\"iss\""));
    let denied = format!(
        "error=access_denied&state={}&iss={ISSUER}",
        started.pending.state().expose()
    );
    let denied = flow.finish(started.pending.clone(), &denied).await;
    assert!(denied.unwrap_err().needs_login());
    assert_eq!(world.server.token_requests(), 0);
    assert!(flow.finish(started.pending, query).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_code_is_never_sent_twice() {
    for fault in [Fault::AnswerLost, Fault::Status(503)] {
        let world = World::new();
        let flow = flow(&world);
        let started = flow.start().await.unwrap();
        let redirect = world.server.approve(&started.url);
        world.server.fail_next(fault);
        let finished = flow.finish(started.pending, redirect.query().unwrap());
        assert!(finished.await.is_err());
        assert_eq!(world.server.token_requests(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_know_s256_must_be_named_so() {
    let metadata = r#"{"issuer":"https://idp.example",
        "authorization_endpoint":"https://idp.example/authorize",
        "token_endpoint":"https://idp.example/token"}"#;
    let silent = grantor_testkit::FakeTransport::new(move |_| {
        std::future::ready(Ok(http::Response::new(metadata.into())))
    });
    let builder = Tokens::login(ISSUER, "app").transport(silent);
    let flow = builder.code_flow(CALLBACK).unwrap();
    let error = flow.start().await.unwrap_err();
    assert!(
        error.to_string().contains("danger_unadvertised_s256"),
        "{error}"
    );
    assert!(flow.danger_unadvertised_s256().start().await.is_ok());
}

#[test]
fn nothing_of_a_sign_in_shows_a_secret() {
    let pending: Pending = serde_json::from_str(
        r#"{"issuer":"i","redirect_uri":"r","state":"hunter2","code_verifier":"hunter3"}"#,
    )
    .unwrap();
    assert!(!format!("{pending:?}").contains("hunter"));
}

#[test]
fn a_redirect_uri_that_can_not_be_is_named_with_all_other_problems() {
    let error = Tokens::login("x", "").code_flow("http://app.example/#x");
    let text = error.unwrap_err().to_string();
    for part in ["\"redirect_uri\"", "\"issuer\"", "\"client_id\""] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[tokio::test(start_paused = true)]
async fn tokens_are_looked_up_and_given_up() {
    let world = World::new();
    let first = world.server.new_refresh_token();
    let tokens = world.here(world.login(&first)).build().unwrap();
    let secret = tokens.get().await.unwrap().secret;
    let query = TokenQuery::new(secret);
    assert!(tokens.introspect(&query).await.unwrap().active);
    tokens.revoke(&query).await.unwrap();
    assert!(!tokens.introspect(&query).await.unwrap().active);
    let mut refresh = TokenQuery::new("refresh-0-1");
    refresh.hint = Some(TokenTypeHint::RefreshToken);
    tokens.revoke(&refresh).await.unwrap();
    assert!(tokens.renew().await.unwrap_err().needs_login());
}

#[tokio::test(start_paused = true)]
async fn a_redirect_with_an_error_is_that_error_and_makes_no_token_request() {
    let world = World::new();
    let flow = flow(&world);
    let started = flow.start().await.unwrap();
    let denied = world.server.deny(&started.url);
    let finished = flow.finish(started.pending, denied.query().unwrap());
    let error = finished.await.unwrap_err();
    assert!(error.needs_login(), "{error}");
    assert!(error.to_string().contains("access_denied"), "{error}");
    world.server.assert_no_token_requests();
}
