//! Words of others in places of the program: metadata and errors in messages, parameters of a user in
//! requests, nonces in headers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::web::{Answer, Web};
use crate::support::{ISSUER, World, request};
use bytes::Bytes;
use grantor_client::{Assertion, Dpop, SendError, Server, Tokens};
use grantor_jose::{Algorithm, Key};
use grantor_testkit::{Endpoint, FakeTransport, Fault, ScriptedAnswer};
use http::{Response, StatusCode};

/// Moves a cursor, turns letters around, ends a line, is not seen.
const ESCAPES: &str = "\u{1b}[2J\u{9b}1m\u{202e}a\r\nb\u{2028}c\u{200b}d\u{feff}";

fn is_plain(text: &str) -> bool {
    !text.contains(|c| "\u{1b}\u{9b}\u{202e}\r\n\u{2028}\u{200b}\u{feff}".contains(c))
}

#[tokio::test(start_paused = true)]
async fn a_message_has_no_character_that_a_terminal_obeys() {
    let methods = serde_json::json!([ESCAPES, "x".repeat(100_000)]);
    let refused = serde_json::json!({ "error": ESCAPES, "error_description": ESCAPES });
    let metadata = |body: serde_json::Value| Some(body.to_string());
    for (metadata, answer) in [
        (
            metadata(serde_json::json!({
                "issuer": ISSUER,
                "token_endpoint": format!("{ISSUER}/token"),
                "token_endpoint_auth_methods_supported": methods,
            })),
            String::new(),
        ),
        (
            metadata(serde_json::json!({ "issuer": ESCAPES })),
            String::new(),
        ),
        (None, refused.to_string()),
    ] {
        let world = World::new();
        if let Some(body) = metadata {
            let answer = ScriptedAnswer::new(200).body(body);
            world
                .server
                .fail_always(Endpoint::Metadata, Fault::Answer(answer));
        }
        let answer = ScriptedAnswer::new(400).body(answer);
        world
            .server
            .fail_always(Endpoint::Token, Fault::Answer(answer));
        let tokens = world.here(world.client()).build().unwrap();
        let error = tokens.get().await.unwrap_err();
        let shown = error.to_string();
        assert!(is_plain(&shown), "{shown:?}");
        assert!(shown.len() < 2000, "{}", shown.len());
    }
}

#[tokio::test(start_paused = true)]
async fn an_api_gateway_that_repeats_the_header_shows_no_secret() {
    let world = World::new();
    let tokens = world.here(world.client()).build().unwrap();
    // base64 of "app:s3cret", as the client sends it.
    let body =
        r#"{"error":"malformed","error_description":"Authorization=Basic YXBwOnMzY3JldA=="}"#;
    let answer = ScriptedAnswer::new(403).body(body);
    world
        .server
        .fail_always(Endpoint::Token, Fault::Answer(answer));
    let error = tokens.get().await.unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("YXBwOnMzY3JldA"), "{shown}");
}

#[tokio::test(start_paused = true)]
async fn a_type_that_is_the_token_itself_is_not_shown() {
    let body = r#"{"access_token":"hunter2.hunter2","token_type":"hunter2.hunter2"}"#;
    let transport = FakeTransport::script([Ok(Response::new(Bytes::from(body)))]);
    let server = Server::at_token_endpoint("https://idp.example/token");
    let builder = Tokens::client_credentials(server, "app", "s3cret").transport(transport);
    let error = builder.build().unwrap().get().await.unwrap_err();
    assert!(error.is_refused());
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn no_parameter_of_a_request_is_there_twice() {
    let world = World::new();
    for name in ["grant_type", "client_secret"] {
        let error = world.client().parameter(name, "x").build().unwrap_err();
        assert!(error.is_configuration(), "{error}");
        assert!(
            error.to_string().contains(&format!("\"{name}\"")),
            "{error}"
        );
    }
    // A statement that somebody else signed, as a platform does for its workloads.
    let stated = world.client().parameter("client_assertion", "x");
    assert!(stated.build().is_ok());
    let key = Key::generate(Algorithm::Es256).unwrap();
    let signed = Tokens::client_credentials(ISSUER, "app", Assertion::new(key));
    assert!(signed.parameter("client_assertion", "x").build().is_err());
    let twice = world.client().scope("read").parameter("scope", "write");
    assert!(twice.build().is_err());
    assert!(world.client().parameter("scope", "write").build().is_ok());

    let login = Tokens::login(ISSUER, "app").scope("read");
    let flow = world.here(login).code_flow("https://app.example/callback");
    let flow = flow.unwrap();
    for name in [
        "response_type",
        "client_id",
        "client_secret",
        "redirect_uri",
        "state",
        "code_challenge",
        "code_challenge_method",
        "dpop_jkt",
        "scope",
    ] {
        let error = flow.clone().parameter(name, "x").start().await.unwrap_err();
        assert!(error.is_configuration(), "{error}");
        assert!(
            error.to_string().contains(&format!("\"{name}\"")),
            "{error}"
        );
    }
    assert!(flow.parameter("prompt", "none").start().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_has_no_fragment_and_no_name_before_its_host() {
    for url in [
        "https://idp.example/x#y",
        "https://login.example@evil.example/x",
        "https://:pw@idp.example/x",
    ] {
        let world = World::new();
        let published = serde_json::Value::from(url);
        world
            .server
            .set_metadata_member("authorization_endpoint", published);
        let login = Tokens::login(ISSUER, "app");
        let flow = world.here(login).code_flow("https://app.example/callback");
        let error = flow.unwrap().start().await.unwrap_err();
        assert!(
            error.to_string().contains("\"authorization_endpoint\""),
            "{error}"
        );

        let mut server = Server::at_token_endpoint(url);
        server.endpoints.revocation = Some(url.to_owned());
        let error = Tokens::client_credentials(server, "app", "s3cret")
            .build()
            .unwrap_err();
        assert!(!error.to_string().contains("pw"), "{error}");
        for name in ["token_endpoint", "revocation_endpoint"] {
            assert!(error.to_string().contains(name), "{error}");
        }
    }
}

#[tokio::test]
async fn a_path_with_a_name_before_its_host_goes_nowhere() {
    let web = Web::start(|request| Answer::text(200, request)).await;
    let here = web.url("").trim_end_matches('/').replace("http://", "");
    let evil = Web::start(|request| Answer::text(200, request)).await;
    let there = evil.url("").trim_end_matches('/').replace("http://", "");
    let world = World::new();
    let tokens = world.here(world.client()).build().unwrap();
    let api = tokens.session(&web.url("/")).unwrap();
    let blocking = world.thread(world.client()).build().unwrap();
    let blocking = blocking.blocking_session(&web.url("/")).unwrap();
    for path in [
        format!("//ada:hunter2@{here}/x"),
        format!("//{here}@{there}/x"),
        format!("http://ada@{here}/x"),
    ] {
        let error = api.get(&path).send().await.unwrap_err();
        assert!(matches!(&error, SendError::InvalidUrl(_)), "{error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
        let (session, path) = (blocking.clone(), path.clone());
        let sent = tokio::task::spawn_blocking(move || session.get(&path).send());
        assert!(sent.await.unwrap().is_err());
    }
}

#[tokio::test]
async fn a_nonce_that_is_none_goes_into_no_proof() {
    for nonce in ["", "a b", "a\"b", "a\\b", &"n".repeat(10_000)] {
        let world = World::new();
        let builder = world.thread(world.client()).dpop(Dpop::generated());
        let tokens = builder.build().unwrap();
        let answer = || {
            Response::builder()
                .status(StatusCode::UNAUTHORIZED)
                .header("www-authenticate", "DPoP error=\"use_dpop_nonce\"")
                .header("dpop-nonce", nonce)
                .body(())
                .unwrap()
        };
        let mut first = request();
        let attempt = tokens.prepare(&mut first).await.unwrap();
        assert!(attempt.observe(&answer()).await.is_done(), "{nonce:?}");
        let mut second = request();
        let _attempt = tokens.prepare(&mut second).await.unwrap();
        let (first, second) = (&first.headers()["dpop"], &second.headers()["dpop"]);
        assert!(first.len().abs_diff(second.len()) < 10, "{nonce:?}");
    }
}

/// What panics on its first call after it was armed.
fn bomb() -> (Arc<AtomicBool>, impl Fn() + Clone + Send + Sync + 'static) {
    let armed = Arc::new(AtomicBool::new(false));
    let fuse = Arc::clone(&armed);
    let go = move || assert!(!fuse.swap(false, Ordering::SeqCst), "it is armed");
    (armed, go)
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_panics_at_an_answer_costs_no_login() {
    for waits in [false, true] {
        let world = World::new();
        let (armed, go) = bomb();
        let login = world.here(world.login(&world.server.new_refresh_token()));
        let login = if waits {
            login.on_response_async(move |_, _| {
                let go = go.clone();
                Box::pin(async move {
                    tokio::task::yield_now().await;
                    go();
                })
            })
        } else {
            login.on_response(move |_, _| go())
        };
        let tokens = login.build().unwrap();
        tokens.get().await.unwrap();
        armed.store(true, Ordering::SeqCst);
        assert!(tokens.renew().await.is_ok());
        assert!(!armed.load(Ordering::SeqCst), "it went off");
        assert!(tokens.renew().await.is_ok());
        assert_eq!(world.server.reuses(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_panics_before_a_request_sends_nothing_and_says_so() {
    let world = World::new();
    let (armed, go) = bomb();
    let login = world.login(&world.server.new_refresh_token());
    let tokens = world.here(login).on_request(move |_, _| go());
    let tokens = tokens.build().unwrap();
    tokens.get().await.unwrap();
    armed.store(true, Ordering::SeqCst);
    let error = tokens.renew().await.unwrap_err();
    assert!(error.is_configuration(), "{error}");
    assert!(error.to_string().contains("\"on_request\""), "{error}");
    assert_eq!(world.server.token_requests(), 1);
}
