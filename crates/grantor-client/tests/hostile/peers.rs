//! Odd answers, set-ups that say what is not done, and what is kept of strangers.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::web::{Answer, Web};
use crate::support::{ISSUER, World, request, settle};
use grantor_client::{Event, Policy, SendError, SubjectToken, Tokens, providers};
use grantor_store::{MasterKey, MemoryStore, Store};
use grantor_testkit::{Endpoint, FakeServer, Fault, ScriptedAnswer};
use http::{Request, StatusCode};

fn answer(body: &str) -> Fault {
    let answer = ScriptedAnswer::new(200).header("content-type", "application/json");
    Fault::Answer(answer.body(body.to_owned()))
}

#[tokio::test(start_paused = true)]
async fn one_token_that_fits_no_header_is_not_kept_for_an_hour() {
    let world = World::new();
    world.server.fail_next(answer(
        r#"{"access_token":"a\r\nx: y","token_type":"Bearer","expires_in":3600}"#,
    ));
    let tokens = world.here(world.client()).build().unwrap();
    assert!(tokens.get().await.is_err());
    world.advance(60);
    // The server gives good ones again.
    tokens.get().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_the_server_says_makes_no_lines_of_its_own_in_a_log() {
    let world = World::new();
    let body = r#"{"error":"invalid_client","error_description":"a\nFORGED LINE \u001b[31m"}"#;
    let refused = ScriptedAnswer::new(400).header("content-type", "application/json");
    world.server.fail_next(Fault::Answer(refused.body(body)));
    let tokens = world.here(world.client()).build().unwrap();
    let error = tokens.get().await.unwrap_err().to_string();
    assert!(!error.contains(['\n', '\u{1b}']), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_subject_for_tokens_that_have_none_is_a_mistake() {
    let world = World::new();
    let builder = world
        .client()
        .subject_from(|| Some(SubjectToken::access_token("alice")));
    let Ok(tokens) = world.here(builder).build() else {
        return;
    };
    let token = tokens.get().await.unwrap();
    panic!(
        "for alice's request went the client's own {}",
        token.secret.expose()
    );
}

#[tokio::test(start_paused = true)]
async fn a_subject_on_a_request_whose_tokens_have_none_is_a_mistake() {
    let world = World::new();
    let tokens = world.here(world.client()).build().unwrap();
    let mut request = request();
    request
        .extensions_mut()
        .insert(SubjectToken::access_token("alice"));
    assert!(
        tokens.prepare(&mut request).await.is_err(),
        "sent with the client's own token"
    );
}

#[tokio::test(start_paused = true)]
async fn a_wrong_password_crowds_nobody_out() {
    let world = World::new();
    world.server.add_user("ada", "pw");
    let mut policy = Policy::default();
    policy.max_subject_tokens = 1;
    let tokens = Tokens::password_from_request(ISSUER, "app").policy(policy);
    let tokens = world.here(tokens).build().unwrap();
    for header in ["Basic YWRhOnB3", "Basic eDp5", "Basic YWRhOnB3"] {
        let mut request = Request::get("https://api.example/").header("authorization", header);
        let mut request = std::mem::take(&mut request).body(()).unwrap();
        let _ = tokens.prepare(&mut request).await;
    }
    let of_ada = |request: &&grantor_testkit::RecordedRequest| {
        request.parameter("username").as_deref() == Some("ada")
    };
    let sent = world.server.requests(Endpoint::Token);
    assert_eq!(sent.iter().filter(of_ada).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_may_get_no_token_crowds_nobody_out() {
    let world = World::new();
    world.server.trust_token("alice");
    let mut policy = Policy::default();
    policy.max_subject_tokens = 1;
    let builder = Tokens::token_exchange(ISSUER, "app", "s3cret").policy(policy);
    let tokens = world.here(builder).build().unwrap();
    for (uri, subject) in [
        ("https://api.example/", "alice"),
        ("https://evil.example/", "mallory"),
        ("https://api.example/", "alice"),
    ] {
        let request = Request::get(uri).extension(SubjectToken::access_token(subject));
        let mut request = request.body(()).unwrap();
        let _ = tokens.prepare(&mut request).await;
    }
    assert_eq!(world.server.token_requests(), 1);
}

#[test]
fn users_sign_in_at_the_providers_that_have_an_authorization_endpoint() {
    let without: Vec<_> = providers::all()
        .filter(|provider| provider.authorization_endpoint.is_some())
        .filter(|provider| {
            let login = Tokens::login(*provider, "app").client_secret("s3cret");
            login.code_flow("https://app.example/callback").is_err()
        })
        .map(|provider| provider.name.to_string())
        .collect();
    assert!(
        without.is_empty(),
        "{} of {}: {without:?}",
        without.len(),
        providers::all().count()
    );
}

#[tokio::test(start_paused = true)]
async fn a_scope_that_is_too_narrow_is_no_reason_to_renew() {
    let world = World::new();
    world.server.set_api_scope("admin");
    let mut policy = Policy::default();
    policy.rejection_statuses.push(StatusCode::FORBIDDEN);
    let tokens = world.here(world.client()).policy(policy).build().unwrap();
    tokens.get().await.unwrap();
    world.advance(60);
    let answer = world.call(&tokens).await;
    assert_eq!(answer.status(), 403);
    assert_eq!(world.server.token_requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_was_forgotten_does_not_come_back_from_a_renewal_that_was_under_way() {
    let world = World::new();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let builder = world.client().store(store, &MasterKey::from_bytes([7; 32]));
    let tokens = world.here(builder).build().unwrap();
    world.server.hold();
    let asking = tokens.clone();
    let asking = tokio::spawn(async move { asking.get().await });
    settle().await;
    let forget = tokens.clone();
    let forget = tokio::spawn(async move { forget.forget().await });
    settle().await;
    world.server.release();
    let _ = asking.await.unwrap();
    forget.await.unwrap().unwrap();
    let first = tokens.get().await.unwrap();
    assert_eq!(first.secret.expose(), "access-2");
}

#[tokio::test]
async fn the_token_endpoint_leads_the_secret_nowhere() {
    let evil = Web::start(|_| Answer::text(200, "{}")).await;
    let to = evil.url("/steal");
    let server = Web::start(move |_| Answer::redirect(307, &to)).await;
    let server = grantor_client::Server::at_token_endpoint(server.url("/token"));
    let tokens = Tokens::client_credentials(server, "app", "s3cret")
        .build()
        .unwrap();
    assert!(tokens.get().await.is_err());
    assert_eq!(evil.requests(), 0);
}

#[tokio::test(start_paused = true)]
async fn metadata_that_leads_to_plain_http_is_refused() {
    let world = World::new();
    world
        .server
        .set_metadata_member("token_endpoint", "http://evil.example/token".into());
    let tokens = world.here(world.client()).build().unwrap();
    let error = tokens.get().await.unwrap_err();
    assert!(error.is_configuration(), "{error}");
}

#[test]
fn odd_bases_are_no_sessions() {
    let tokens = Tokens::static_token("t").build().unwrap();
    for base in [
        "http://127.0.0.1.evil.example/",
        "http://localhost.evil.example/",
        "http://0x7f.evil/",
        "http://127.0.0.1@evil.example/",
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
    ] {
        assert!(tokens.session(base).is_err(), "{base}");
    }
}

#[tokio::test]
async fn a_path_leads_to_no_other_host() {
    let tokens = Tokens::static_token("t").build().unwrap();
    let api = tokens.session("https://api.example/v1/").unwrap();
    for path in [
        "//evil.example/x",
        "\\\\evil.example/x",
        "https://evil.example",
        "http://api.example/",
    ] {
        let error = api.get(path).send().await.unwrap_err();
        let refused = matches!(&error, SendError::Token(error) if error.is_configuration());
        assert!(refused, "{path}: {error:?}");
    }
}

#[tokio::test]
async fn giant_challenges_are_read_in_no_time() {
    let world = World::new();
    let tokens = world.here(world.client()).build().unwrap();
    for piece in ["a,", "a=\"\\", "=", "Bearer error=\"x\",", "\"", "a a="] {
        let mut request = request();
        let attempt = tokens.prepare(&mut request).await.unwrap();
        let response = http::Response::builder().status(401);
        let response = response.header("www-authenticate", piece.repeat(20_000));
        let began = std::time::Instant::now();
        let _ = attempt.observe(&response.body(()).unwrap()).await;
        assert!(
            began.elapsed() < Duration::from_secs(1),
            "{piece} {:?}",
            began.elapsed()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn absurd_lifetimes_harm_nobody() {
    for lifetime in [
        "1e19",
        "-1",
        "0.000001",
        "1e-300",
        "99999999999999999999999",
        "\"1e400\"",
    ] {
        let world = World::new();
        let body =
            format!(r#"{{"access_token":"t","token_type":"bEaReR","expires_in":{lifetime}}}"#);
        world.server.fail_always(Endpoint::Token, answer(&body));
        let tokens = world.here(world.client()).build().unwrap();
        for _ in 0..20 {
            let got = tokens.get().await;
            if let Err(error) = got {
                assert!(
                    !error.to_string().contains("abandoned"),
                    "{lifetime}: {error}"
                );
            }
            settle().await;
        }
        println!("{lifetime}: {} requests", world.server.token_requests());
        assert!(
            world.server.token_requests() <= 3,
            "{lifetime}: {}",
            world.server.token_requests()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_callback_that_panics_loses_no_refresh_token() {
    let world = World::new();
    let events = Arc::new(Mutex::new(0));
    let seen = Arc::clone(&events);
    let builder = world.login(&world.server.new_refresh_token());
    let calls = std::sync::atomic::AtomicUsize::new(0);
    let builder = builder
        .on_change(move |_| {
            assert!(
                calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst) > 0,
                "on purpose"
            );
        })
        .on_event(move |event| {
            if matches!(event, Event::RenewalFailed(_)) {
                *seen.lock().unwrap() += 1;
            }
        });
    let tokens = world.here(builder).build().unwrap();
    assert!(tokens.get().await.is_err());
    world.advance(60);
    tokens.get().await.unwrap();
    assert_eq!(world.server.reuses(), 0);
}

#[test]
fn a_fake_server_over_a_socket_serves_a_blocking_session_within_a_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let server = FakeServer::listen().unwrap();
    runtime.block_on(async {
        let tokens = Tokens::client_credentials(server.issuer(), "app", "s3cret")
            .build()
            .unwrap();
        let api = tokens
            .blocking_session(&format!("{}/", server.issuer().as_str()))
            .unwrap();
        assert_eq!(api.get("api").send().unwrap().status(), 200);
    });
}
