//! Signing a user in by code, and what a token can be asked.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use grantor_client::{Assertion, CodeFlow, Event, PendingAuthorization, Server, Tokens, providers};
use grantor_core::{
    AnswerEncoding, IntrospectionRequest, Quirks, RevocationRequest, TokenTypeHint,
};
use grantor_jose::{Algorithm, Key};
use grantor_store::{MasterKey, MemoryStore};
use grantor_testkit::{Endpoint, FakeServer, Fault, answer};
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
    let pending: PendingAuthorization = serde_json::from_str(&cookie).unwrap();
    let redirect = world.server.approve(&started.url);
    let signed_in = flow
        .finish(pending, redirect.query().unwrap())
        .await
        .unwrap();
    let tokens = signed_in.tokens;
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
    let other = format!("{without_issuer}&iss=https%3A%2F%2Fother.example");
    let mixed_up = flow.finish(started.pending.clone(), &other).await;
    assert!(mixed_up.unwrap_err().to_string().contains("\"iss\""));
    assert_eq!(world.server.token_requests(), 0);
    // As some frameworks hand it over.
    let query = format!("?{query}");
    assert!(flow.finish(started.pending, &query).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_request_is_pushed_where_the_server_or_the_program_wants_that() {
    for by_server in [true, false] {
        let world = World::new();
        let mut flow = flow(&world).parameter("prompt", "consent");
        match by_server {
            true => world.server.require_pushed_requests(),
            false => flow = flow.push_requests(),
        }
        let started = flow.start().await.unwrap();
        let names: Vec<_> = started.url.query_pairs().map(|(name, _)| name).collect();
        assert_eq!(names, ["client_id", "request_uri"]);
        let pushed = &world.server.requests(Endpoint::PushedAuthorization)[0];
        assert_eq!(pushed.parameter("scope").as_deref(), Some("read write"));
        assert_eq!(pushed.parameter("prompt").as_deref(), Some("consent"));
        let redirect = world.server.approve(&started.url);
        let finished = flow.finish(started.pending, redirect.as_str()).await;
        assert!(finished.unwrap().tokens.get().await.is_ok());
    }
    let world = World::new();
    let flow = flow(&world).push_requests();
    let fault = Fault::Refused("invalid_request");
    world
        .server
        .fail_next_at(Endpoint::PushedAuthorization, fault);
    let error = flow.start().await.unwrap_err();
    let said = "the pushed authorization request endpoint refused: invalid_request";
    assert!(error.to_string().contains(said), "{error}");
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

#[tokio::test(start_paused = true)]
async fn a_provider_is_used_as_it_documents_without_a_call_that_is_named_danger() {
    let start = async |provider: &providers::Provider, secret: Option<&str>| {
        let builder = Tokens::login(provider, "app").scope("read write");
        let builder = match secret {
            Some(secret) => builder.client_secret(secret),
            None => builder,
        };
        builder.code_flow(CALLBACK).unwrap().start().await
    };
    let microsoft = providers::microsoft("common").unwrap();
    for provider in [
        &providers::GITHUB,
        &providers::SLACK,
        &providers::SLACK_USER,
        &microsoft,
    ] {
        let started = start(provider, None).await.unwrap();
        let method = param(&started.url, "code_challenge_method");
        assert_eq!(method.as_deref(), Some("S256"), "{}", provider.name);
    }
    // Where nothing is said of PKCE, the secret protects the code.
    for provider in [&providers::STRAVA, &providers::shopify("my-shop").unwrap()] {
        let started = start(provider, Some("s3cret")).await.unwrap();
        assert_eq!(param(&started.url, "scope").as_deref(), Some("read,write"));
        assert!(param(&started.url, "code_challenge").is_some());
        let error = start(provider, None).await.unwrap_err();
        assert!(error.is_configuration());
        assert!(error.to_string().contains("client_secret"), "{error}");
    }
    for provider in providers::all().filter(|provider| provider.issuer.is_none()) {
        let started = start(provider, Some("s3cret")).await;
        assert!(started.is_ok(), "{}: {started:?}", provider.name);
    }
    // Of a server of the application's own nothing is known.
    let mut own = Server::at_token_endpoint("https://id.example/token");
    own.endpoints.authorization = Some("https://id.example/authorize".to_owned());
    let flow = Tokens::login(own, "app").client_secret("s3cret");
    let started = flow.code_flow(CALLBACK).unwrap().start().await;
    let error = started.unwrap_err().to_string();
    assert!(error.contains("danger_unadvertised_s256"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_redirect_ends_a_sign_in_in_whatever_form_it_comes() {
    let forms: [fn(&Url) -> String; 5] = [
        |redirect| redirect.query().unwrap().to_owned(),
        |redirect| format!("{}#_=_", redirect.query().unwrap()),
        |redirect| redirect.to_string(),
        |redirect| format!("{redirect}#_=_"),
        |redirect| format!("/callback?{}", redirect.query().unwrap()),
    ];
    for form in forms {
        let world = World::new();
        let flow = flow(&world);
        let started = flow.start().await.unwrap();
        let redirect = form(&world.server.approve(&started.url));
        let finished = flow.finish(started.pending, &redirect).await;
        finished.unwrap_or_else(|error| panic!("{redirect}: {error}"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_redirect_says_whose_fault_it_is() {
    let world = World::new();
    let flow = flow(&world);
    let finish = async |code: &str| {
        let started = flow.start().await.unwrap();
        let state = started.pending.state();
        let redirect = format!("error={code}&state={}&iss={ISSUER}", state.expose());
        flow.finish(started.pending, &redirect).await.unwrap_err()
    };
    for code in ["invalid_target", "invalid_scope", "unauthorized_client"] {
        let error = finish(code).await;
        assert!(error.is_configuration(), "{code}: {error}");
    }
    for code in ["access_denied", "login_required", "consent_required"] {
        let error = finish(code).await;
        assert!(error.needs_login(), "{code}: {error}");
    }
    assert!(finish("temporarily_unavailable").await.is_transient());
}

#[test]
fn nothing_of_a_sign_in_shows_a_secret() {
    let pending: PendingAuthorization = serde_json::from_str(
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
async fn a_server_may_be_there_for_introspection_and_revocation_alone() {
    let world = World::new();
    let owner = world.here(world.client()).build().unwrap();
    let secret = owner.get().await.unwrap().secret;
    let mut server = Server::default();
    server.endpoints.introspection = Some(format!("{ISSUER}/introspect"));
    server.endpoints.revocation = Some(format!("{ISSUER}/revoke"));
    let client = world.here(Tokens::client_credentials(server, "api", "s3cret"));
    let client = client.build().unwrap();
    let query = IntrospectionRequest::new(secret.clone());
    assert!(client.introspect(&query).await.unwrap().active);
    client
        .revoke(&RevocationRequest::new(secret))
        .await
        .unwrap();
    assert!(!client.introspect(&query).await.unwrap().active);
    let error = client.get().await.unwrap_err();
    assert!(error.is_configuration(), "{error}");
    assert!(error.to_string().contains("\"token_endpoint\""), "{error}");
}

#[tokio::test(start_paused = true)]
async fn tokens_are_looked_up_and_given_up() {
    let world = World::new();
    let first = world.server.new_refresh_token();
    let tokens = world.here(world.login(&first)).build().unwrap();
    let secret = tokens.get().await.unwrap().secret;
    let query = IntrospectionRequest::new(secret.clone());
    assert!(tokens.introspect(&query).await.unwrap().active);
    tokens
        .revoke(&RevocationRequest::new(secret))
        .await
        .unwrap();
    assert!(!tokens.introspect(&query).await.unwrap().active);
    let mut refresh = RevocationRequest::new("refresh-0-1");
    refresh.token_type_hint = Some(TokenTypeHint::RefreshToken);
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

#[tokio::test(start_paused = true)]
async fn a_sign_in_that_was_begun_with_another_server_is_no_sign_in_here() {
    let world = World::new();
    let other = FakeServer::new("https://other.example");
    let elsewhere = Tokens::login("https://other.example", "app").transport(other);
    let started = elsewhere.code_flow(CALLBACK).unwrap().start().await;
    let pending = started.unwrap().pending;
    let query = format!("code=c&state={}&iss={ISSUER}", pending.state().expose());
    let error = flow(&world).finish(pending, &query).await.unwrap_err();
    assert!(error.is_configuration(), "{error}");
    world.server.assert_no_token_requests();
}

/// Signs a user in, and says what the user's browser was sent to.
async fn sign_in(world: &World, flow: &CodeFlow) -> (Url, Tokens) {
    let started = flow.start().await.unwrap();
    let redirect = world.server.approve(&started.url);
    let finished = flow.finish(started.pending, redirect.query().unwrap());
    (started.url, finished.await.unwrap().tokens)
}

#[tokio::test(start_paused = true)]
async fn all_that_is_asked_for_is_said_at_both_endpoints() {
    let world = World::new();
    let api = "https://api.example/orders";
    let builder = world.here(Tokens::login(ISSUER, "app"));
    let builder = builder.audience("orders").resource(api);
    let builder = builder.parameter("tenant", "t1");
    let (url, _) = sign_in(&world, &builder.code_flow(CALLBACK).unwrap()).await;
    assert_eq!(param(&url, "audience").as_deref(), Some("orders"));
    assert_eq!(param(&url, "resource").as_deref(), Some(api));
    let sent = world.server.last_token_request().unwrap();
    assert_eq!(sent.parameter("resource").as_deref(), Some(api));
    assert_eq!(sent.parameter("tenant").as_deref(), Some("t1"));
}

#[tokio::test(start_paused = true)]
async fn a_named_authorization_endpoint_goes_before_the_published_one() {
    let world = World::new();
    let mut server = Server::issuer(ISSUER);
    server.endpoints.authorization = Some("https://login.example/go".into());
    let flow = world.here(Tokens::login(server, "app"));
    let started = flow.code_flow(CALLBACK).unwrap().start().await.unwrap();
    assert_eq!(started.url.host_str(), Some("login.example"));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_in_trouble_needs_no_other_answer_of_the_user() {
    let world = World::new();
    let flow = flow(&world);
    for code in ["server_error", "temporarily_unavailable"] {
        let pending = flow.start().await.unwrap().pending;
        let state = pending.state();
        let query = format!("error={code}&state={}&iss={ISSUER}", state.expose());
        let error = flow.finish(pending, &query).await.unwrap_err();
        assert!(error.is_transient() && !error.needs_login(), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_code_is_redeemed_under_an_assertion_and_read_as_the_server_writes() {
    let world = World::new();
    let methods = serde_json::json!(["private_key_jwt"]);
    let name = "token_endpoint_auth_methods_supported";
    world.server.set_metadata_member(name, methods);
    world.server.answer_tokens_with(answer::form);
    let mut quirks = Quirks::NONE;
    quirks.answer = AnswerEncoding::JsonOrForm;
    let key = Key::generate(Algorithm::Es256).unwrap();
    let builder = Tokens::login(Server::issuer(ISSUER).quirks(quirks), "app");
    let builder = world.here(builder).client_assertion(Assertion::new(key));
    let (_, tokens) = sign_in(&world, &builder.code_flow(CALLBACK).unwrap()).await;
    assert!(tokens.get().await.is_ok());
    let sent = world.server.last_token_request().unwrap();
    assert!(sent.parameter("client_assertion").is_some());
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_is_kept_under_its_label() {
    let world = World::new();
    let store = Arc::new(MemoryStore::new());
    let key = MasterKey::from_bytes([7; 32]);
    let kept = || {
        let builder = Tokens::login(ISSUER, "app").store(store.clone(), &key);
        world.here(builder.single_process())
    };
    let flow = kept().code_flow(CALLBACK).unwrap();
    sign_in(&world, &flow.login_label("ada")).await;
    let asked = world.server.token_requests();
    let found = kept().login_label("ada").build().unwrap();
    assert!(found.get().await.is_ok());
    let not_logged_in = kept().login_label("bob").build().unwrap();
    assert!(not_logged_in.get().await.unwrap_err().needs_login());
    assert_eq!(world.server.token_requests(), asked);
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_is_announced_with_its_refresh_token_and_when_that_ends() {
    let world = World::new();
    let month = Duration::from_secs(30 * 24 * 3600);
    world.server.set_refresh_lifetime(Some(month));
    let (told, renewed) = (Arc::new(Mutex::new(None)), Arc::new(Mutex::new(0)));
    let (tell, count) = (Arc::clone(&told), Arc::clone(&renewed));
    let builder = world.here(Tokens::login(ISSUER, "app"));
    let builder = builder
        .on_change(move |change| *tell.lock().unwrap() = Some(change.new.clone()))
        .on_event(move |event| {
            *count.lock().unwrap() += u32::from(matches!(event, Event::Renewed));
        });
    let flow = builder.code_flow(CALLBACK).unwrap();
    let (_, tokens) = sign_in(&world, &flow).await;
    let set = tokens.token_set().await.unwrap();
    assert!(
        world
            .server
            .takes_refresh_token(set.refresh_token.as_ref().unwrap().expose())
    );
    assert_eq!(set.refresh_expires_at, Some(world.now() + month));
    assert_eq!(told.lock().unwrap().as_ref(), Some(&set));
    assert_eq!(*renewed.lock().unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_gives_the_further_members_of_the_answer() {
    let world = World::new();
    world
        .server
        .set_extra("instance_url", "https://one.example".into());
    world
        .server
        .set_extra("id_token", "header.payload.signature".into());
    let flow = flow(&world);
    let started = flow.start().await.unwrap();
    let redirect = world.server.approve(&started.url);
    let finished = flow.finish(started.pending, redirect.query().unwrap());
    let signed_in = finished.await.unwrap();
    assert_eq!(signed_in.extra["instance_url"], "https://one.example");
    assert!(
        !format!("{signed_in:?}").contains("payload"),
        "{signed_in:?}"
    );
    let token = signed_in.tokens.get().await.unwrap();
    assert_eq!(token.extra["id_token"], "header.payload.signature");
    assert!(!format!("{token:?}").contains("payload"), "{token:?}");
}
