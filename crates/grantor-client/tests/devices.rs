//! Signing a user in on a device without a browser.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use grantor_client::{Assertion, DeviceFlow, Server, Tokens, TokensBuilder};
use grantor_core::{AnswerEncoding, BoxFuture, Quirks};
use grantor_jose::{Algorithm, Key, PublicKey, SignError, Signature, Signer};
use grantor_store::{MasterKey, MemoryStore};
use grantor_testkit::{Endpoint, Fault, answer};
use support::{ISSUER, World, settle};
use tokio::time::Instant;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

fn device(world: &World) -> TokensBuilder {
    world.here(Tokens::login(ISSUER, "television").scope("read"))
}

fn flow(world: &World) -> DeviceFlow {
    device(world).device_flow().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_device_is_signed_in_once_its_user_agrees() {
    let world = World::new();
    let waiting = flow(&world).start().await.unwrap();
    let complete = waiting.verification_uri_complete.as_ref().unwrap();
    assert!(complete.as_str().contains(&waiting.user_code));
    assert_eq!(waiting.expires_in, Duration::from_secs(600));
    let asked = world.server.requests(Endpoint::DeviceAuthorization);
    assert_eq!(asked[0].parameter("scope").as_deref(), Some("read"));
    assert_eq!(
        asked[0].parameter("client_id").as_deref(),
        Some("television")
    );
    world
        .server
        .fail_next(Fault::Refused("authorization_pending"));
    world.server.approve_device(&waiting.user_code);
    let tokens = waiting.finish().await.unwrap().tokens;
    drop(waiting);
    assert_eq!(world.call(&tokens).await.status(), 200);
    world.advance(4000);
    assert_eq!(world.call(&tokens).await.status(), 200);
    assert_eq!(world.server.token_requests_of(GRANT), 2);
    assert_eq!(world.server.token_requests_of("refresh_token"), 1);
    assert_eq!(world.server.reuses(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_server_is_asked_at_its_own_pace() {
    let world = World::new();
    world.server.set_device_interval(Duration::from_secs(3));
    let began = Instant::now();
    let waiting = flow(&world).start().await.unwrap();
    for fault in [
        "authorization_pending",
        "slow_down",
        "authorization_pending",
    ] {
        world.server.fail_next(Fault::Refused(fault));
    }
    world.server.fail_next(Fault::RequestLost);
    world.server.approve_device(&waiting.user_code);
    waiting.finish().await.unwrap();
    assert_eq!(began.elapsed().as_secs(), 3 + 3 + 8 + 8 + 16);
    // The one that was lost never came in.
    assert_eq!(world.server.token_requests_of(GRANT), 4);
}

#[tokio::test(start_paused = true)]
async fn a_user_who_says_no_or_nothing_differs_from_a_server_that_fails() {
    for decision in ["deny", "expire", "nothing"] {
        let world = World::new();
        let waiting = flow(&world).start().await.unwrap();
        match decision {
            "deny" => world.server.deny_device(&waiting.user_code),
            "expire" => world.server.expire_device(&waiting.user_code),
            _ => {
                settle().await;
                world.advance(600);
            }
        }
        let error = waiting.finish().await.unwrap_err();
        assert!(error.needs_login(), "{decision}: {error}");
        let asked = world.server.token_requests_of(GRANT);
        assert!(asked <= 1, "{decision}: {asked}");
    }
    for code in ["access_denied", "authorization_declined"] {
        let world = World::new();
        world.server.fail_next(Fault::Refused(code));
        let waiting = flow(&world).start().await.unwrap();
        let error = waiting.finish().await.unwrap_err();
        assert!(error.needs_login(), "{code}: {error}");
        assert_eq!(world.server.token_requests_of(GRANT), 1);
    }
    let world = World::new();
    world.server.fail_next(Fault::Refused("invalid_client"));
    let waiting = flow(&world).start().await.unwrap();
    assert!(waiting.finish().await.unwrap_err().is_configuration());
    let unavailable = Fault::Unavailable(7);
    world
        .server
        .fail_next_at(Endpoint::DeviceAuthorization, unavailable);
    let error = flow(&world).start().await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_stops_waiting_loses_no_sign_in() {
    let world = World::new();
    let store = Arc::new(MemoryStore::new());
    let key = MasterKey::from_bytes([7; 32]);
    let kept = || {
        let builder = device(&world).login_label("ada");
        builder.store(store.clone(), &key).single_process()
    };
    let waiting = kept().device_flow().unwrap().start().await.unwrap();
    let short = Duration::from_secs(12);
    assert!(tokio::time::timeout(short, waiting.finish()).await.is_err());
    world.server.approve_device(&waiting.user_code);
    tokio::time::sleep(short).await;
    assert!(world.server.pending_devices().is_empty());
    let asked = world.server.token_requests();
    assert!(waiting.finish().await.is_ok());
    let tokens = kept().build().unwrap();
    assert_eq!(world.call(&tokens).await.status(), 200);
    assert_eq!(world.server.token_requests(), asked);
}

#[test]
fn a_sign_in_that_nobody_wants_any_more_is_given_up() {
    let world = World::new();
    world.server.set_device_interval(Duration::from_secs(3600));
    world.server.set_device_lifetime(Duration::from_secs(7200));
    let tokens = world.thread(Tokens::login(ISSUER, "television"));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let flow = tokens.device_flow().unwrap();
    let waiting = runtime.block_on(flow.start()).unwrap();
    let began = std::time::Instant::now();
    drop(waiting);
    assert!(began.elapsed() < Duration::from_secs(4));
    assert_eq!(world.server.token_requests(), 0);
}

#[tokio::test(start_paused = true)]
async fn every_question_of_a_device_has_an_assertion_of_its_own() {
    let world = World::new();
    let methods = serde_json::json!(["private_key_jwt"]);
    let name = "token_endpoint_auth_methods_supported";
    world.server.set_metadata_member(name, methods);
    let key = Key::generate(Algorithm::Es256).unwrap();
    let device = device(&world).client_assertion(Assertion::new(key));
    let waiting = device.device_flow().unwrap().start().await.unwrap();
    world
        .server
        .fail_next(Fault::Refused("authorization_pending"));
    world.server.approve_device(&waiting.user_code);
    waiting.finish().await.unwrap();
    let polls = world.server.requests(Endpoint::Token);
    let first = world.server.requests(Endpoint::DeviceAuthorization);
    let sent = first
        .iter()
        .chain(&polls)
        .map(|sent| sent.parameter("client_assertion").unwrap());
    let sent: std::collections::HashSet<_> = sent.collect();
    assert_eq!((polls.len(), sent.len()), (2, 3));
}

#[tokio::test(start_paused = true)]
async fn nothing_of_a_sign_in_on_a_device_shows_its_code() {
    let world = World::new();
    let waiting = flow(&world).start().await.unwrap();
    assert!(!format!("{waiting:?}").contains(&waiting.user_code[..4]));
}

#[tokio::test(start_paused = true)]
async fn all_that_is_asked_for_is_said_when_a_device_begins() {
    let world = World::new();
    let device = device(&world)
        .audience("orders")
        .resource("https://api.example/orders")
        .parameter("tenant", "t1");
    device.device_flow().unwrap().start().await.unwrap();
    let [asked] = world
        .server
        .requests(Endpoint::DeviceAuthorization)
        .try_into()
        .unwrap();
    for (name, value) in [
        ("audience", "orders"),
        ("resource", "https://api.example/orders"),
        ("tenant", "t1"),
    ] {
        assert_eq!(asked.parameter(name).as_deref(), Some(value), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_token_of_a_device_is_read_as_its_server_writes_it() {
    let world = World::new();
    world.server.answer_tokens_with(answer::form);
    let mut quirks = Quirks::NONE;
    quirks.answer = AnswerEncoding::JsonOrForm;
    let server = Server::issuer(ISSUER).quirks(quirks);
    let flow = world.here(Tokens::login(server, "television"));
    let waiting = flow.device_flow().unwrap().start().await.unwrap();
    world.server.approve_device(&waiting.user_code);
    let tokens = waiting.finish().await.unwrap().tokens;
    assert_eq!(world.call(&tokens).await.status(), 200);
}

/// A key that can be switched off.
#[derive(Debug)]
struct Remote(Key, AtomicBool);

impl Signer for Remote {
    fn algorithm(&self) -> Algorithm {
        Algorithm::Es256
    }

    fn key_id(&self) -> &str {
        ""
    }

    fn public_key(&self) -> Option<&PublicKey> {
        self.0.public()
    }

    fn sign<'a>(&'a self, input: &'a [u8]) -> BoxFuture<'a, Result<Signature, SignError>> {
        let signed = match self.1.load(Ordering::SeqCst) {
            true => Err(SignError::new("the HSM is switched off")),
            false => self.0.sign_bytes(input),
        };
        Box::pin(std::future::ready(signed))
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_signs_no_more_is_named_as_the_reason() {
    let world = World::new();
    let methods = serde_json::json!(["private_key_jwt"]);
    let name = "token_endpoint_auth_methods_supported";
    world.server.set_metadata_member(name, methods);
    let key = Key::generate(Algorithm::Es256).unwrap();
    let remote = Arc::new(Remote(key, AtomicBool::new(false)));
    let signer = Arc::<Remote>::clone(&remote);
    let device = device(&world).client_assertion(Assertion::signed_by(signer));
    let waiting = device.device_flow().unwrap().start().await.unwrap();
    remote.1.store(true, Ordering::SeqCst);
    settle().await;
    world.advance(599);
    let error = waiting.finish().await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("the HSM is switched off"), "{text}");
    world.server.assert_no_token_requests();
}
