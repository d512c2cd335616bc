//! Tokens that are bound to a key (RFC 9449), against a server that verifies proofs by grantor-jose.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;
use grantor_client::{
    Assertion, BearerMethod, Dpop, Observed, PendingAuthorization, TokenSet, Tokens, TokensBuilder,
};
use grantor_jose::{Algorithm, Key};
use grantor_store::{MasterKey, MemoryStore, Store};
use grantor_testkit::{Endpoint, FakeServer, Fault};
use http::{Request, Response};
use support::{API, ISSUER, World};

fn bound(world: &World) -> TokensBuilder {
    world.thread(world.client()).dpop(Dpop::generated())
}

fn key(algorithm: Algorithm) -> Key {
    Key::generate(algorithm).unwrap()
}

fn thumbprint(key: &Key) -> String {
    key.public().unwrap().thumbprint()
}

/// A call that is sent as often as its answers are worth it; and how often that was.
async fn call(server: &FakeServer, tokens: &Tokens) -> (Response<Bytes>, usize) {
    let request = || {
        Request::get(format!("{API}/things?page=2#x"))
            .body(())
            .unwrap()
    };
    let mut sent = request();
    let mut attempt = tokens.prepare(&mut sent).await.unwrap();
    let mut sends = 1;
    loop {
        let answer = server.api(&sent);
        match attempt.observe(&answer).await {
            Observed::Done => return (answer, sends),
            Observed::Resend(resend) => {
                sent = request();
                attempt = resend.prepare(&mut sent).await.unwrap();
                sends += 1;
            }
        }
    }
}

#[tokio::test]
async fn each_request_carries_the_token_and_a_proof_of_its_own() {
    let world = World::new();
    let tokens = bound(&world).build().unwrap();
    world.server.require_dpop();
    for _ in 0..3 {
        let (answer, sends) = call(&world.server, &tokens).await;
        assert_eq!((answer.status().as_u16(), sends), (200, 1));
    }
    let calls = world.server.requests(Endpoint::Api);
    assert_eq!(calls[0].headers()["authorization"], "DPoP access-1");
    assert!(calls[0].headers()["authorization"].is_sensitive());
    let proofs: Vec<_> = calls.iter().map(|call| &call.headers()["dpop"]).collect();
    assert!(proofs[0] != proofs[1] && proofs[1] != proofs[2]);
    assert_eq!(world.server.token_requests(), 1);
    let token = tokens.get().await.unwrap();
    assert_eq!(token.token_type, "DPoP");
}

/// RFC 9449 sections 8 and 9: the server's nonce and the API's are two.
#[tokio::test]
async fn nonces_of_the_server_and_of_the_api_are_taken_and_kept_apart() {
    let world = World::new();
    let tokens = bound(&world).build().unwrap();
    world.server.require_dpop_nonces();
    let (answer, sends) = call(&world.server, &tokens).await;
    assert_eq!((answer.status().as_u16(), sends), (200, 2));
    assert_eq!(world.server.token_requests(), 2);
    let (answer, sends) = call(&world.server, &tokens).await;
    assert_eq!(
        (answer.status().as_u16(), sends),
        (200, 1),
        "the nonce is known"
    );
    world.server.change_dpop_nonces();
    let (answer, sends) = call(&world.server, &tokens).await;
    assert_eq!((answer.status().as_u16(), sends), (200, 2));
    tokens.renew().await.unwrap();
    assert_eq!(world.server.token_requests(), 4);
}

/// A nonce and a renewal may both happen for one call.
#[tokio::test]
async fn a_nonce_and_a_rejection_cost_three_sends() {
    let world = World::new();
    let tokens = bound(&world).build().unwrap();
    world.server.require_dpop_nonces();
    let mut request = support::request();
    let mut attempt = tokens.prepare(&mut request).await.unwrap();
    for (sends, expected) in [(1, 401), (2, 401), (3, 200)] {
        let answer = world.server.api(&request);
        assert_eq!(answer.status(), expected, "{sends}");
        let Observed::Resend(resend) = attempt.observe(&answer).await else {
            assert_eq!(sends, 3);
            return;
        };
        if sends == 1 {
            world.server.revoke_access_tokens();
        }
        request = support::request();
        attempt = resend.prepare(&mut request).await.unwrap();
    }
    panic!("it is sent more often than three times");
}

#[tokio::test]
async fn a_login_renews_with_the_key_that_it_began_with() {
    let world = World::new();
    world.server.require_dpop();
    let refresh_token = world.server.new_refresh_token();
    let builder = world.login(&refresh_token).dpop(Dpop::generated());
    let tokens = world.thread(builder).build().unwrap();
    assert_eq!(call(&world.server, &tokens).await.0.status(), 200);
    let first = world.server.dpop_thumbprint("access-1").unwrap();
    world.advance(4000);
    assert_eq!(call(&world.server, &tokens).await.0.status(), 200);
    assert_eq!(world.server.dpop_thumbprint("access-2").unwrap(), first);
    assert_eq!(world.server.reuses(), 0);
}

/// A lost key is a lost login.
#[tokio::test]
async fn the_key_of_a_login_is_in_the_store_and_there_after_a_restart() {
    let world = World::new();
    world.server.require_dpop();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let master = MasterKey::from_bytes([7; 32]);
    let build = |refresh_token: Option<&str>| {
        let builder = match refresh_token {
            Some(refresh_token) => world.login(refresh_token),
            None => Tokens::login(ISSUER, "app"),
        };
        let builder = builder
            .login_label("ada")
            .store(Arc::clone(&store), &master);
        world.thread(builder).dpop(Dpop::generated())
    };
    let tokens = build(Some(&world.server.new_refresh_token()))
        .build()
        .unwrap();
    assert_eq!(call(&world.server, &tokens).await.0.status(), 200);
    let first = world.server.dpop_thumbprint("access-1").unwrap();
    tokens.close().await;
    drop(tokens);

    let again = build(None).build().unwrap();
    let (answer, _) = call(&world.server, &again).await;
    assert_eq!(
        answer.status(),
        200,
        "the stored token is proven by its own key"
    );
    assert_eq!(world.server.token_requests(), 1);
    world.advance(4000);
    assert_eq!(call(&world.server, &again).await.0.status(), 200);
    assert_eq!(world.server.dpop_thumbprint("access-2").unwrap(), first);

    // Without the key there is nothing to renew with, and nothing is spent.
    let bearer = Tokens::login(ISSUER, "app").login_label("ada");
    let bearer = bearer.store(Arc::clone(&store), &master);
    let bearer = world.thread(bearer).build().unwrap();
    let error = bearer.get().await.unwrap_err();
    assert!(error.is_configuration(), "{error}");
    assert!(error.to_string().contains("\"dpop\""), "{error}");
    assert_eq!(world.server.token_requests(), 2);
}

#[tokio::test]
async fn a_given_key_is_not_stored_and_another_one_is_refused_before_anything_is_spent() {
    let world = World::new();
    world.server.require_dpop();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let master = MasterKey::from_bytes([7; 32]);
    let build = |key: Key, refresh_token: &str| {
        let builder = world.login(refresh_token).login_label("ada");
        let builder = builder
            .store(Arc::clone(&store), &master)
            .dpop(Dpop::with_key(key));
        world.thread(builder).build().unwrap()
    };
    let own = key(Algorithm::Es256);
    let kept = own.to_private_jwk().unwrap();
    let expected = thumbprint(&own);
    let refresh_token = world.server.new_refresh_token();
    let tokens = build(own, &refresh_token);
    assert_eq!(call(&world.server, &tokens).await.0.status(), 200);
    assert_eq!(world.server.dpop_thumbprint("access-1").unwrap(), expected);
    drop(tokens);
    world.advance(4000);
    let other = build(key(Algorithm::Es256), &refresh_token);
    let error = other.get().await.unwrap_err();
    assert!(error.is_configuration(), "{error}");
    assert!(error.to_string().contains("another key"), "{error}");
    assert_eq!(world.server.token_requests(), 1);
    drop(other);
    let again = build(Key::from_jwk(&kept).unwrap(), &refresh_token);
    assert_eq!(call(&world.server, &again).await.0.status(), 200);
    assert_eq!(world.server.dpop_thumbprint("access-2").unwrap(), expected);
}

#[tokio::test]
async fn a_clients_token_is_shared_with_its_key() {
    let world = World::new();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let master = MasterKey::from_bytes([7; 32]);
    let build = || {
        bound(&world)
            .store(Arc::clone(&store), &master)
            .build()
            .unwrap()
    };
    let (first, second) = (build(), build());
    assert_eq!(call(&world.server, &first).await.0.status(), 200);
    assert_eq!(call(&world.server, &second).await.0.status(), 200);
    assert_eq!(world.server.token_requests(), 1);
    // A bearer token of the same client is another one.
    let bearer = world.thread(world.client());
    let bearer = bearer.store(store, &master).build().unwrap();
    assert_eq!(bearer.get().await.unwrap().secret.expose(), "access-2");
}

/// RFC 9449 section 10: a stolen code is of no use with another key.
#[tokio::test]
async fn a_code_is_bound_to_the_key_of_its_sign_in() {
    let world = World::new();
    world.server.require_dpop();
    let login = Tokens::login(ISSUER, "app").dpop(Dpop::generated());
    let flow = world
        .thread(login)
        .code_flow("https://app.example/cb")
        .unwrap();
    let started = flow.start().await.unwrap();
    let jkt = |url: &url::Url| {
        let mut pairs = url.query_pairs();
        pairs
            .find(|(name, _)| name == "dpop_jkt")
            .unwrap()
            .1
            .into_owned()
    };
    let begun = jkt(&started.url);
    assert_ne!(
        begun,
        jkt(&flow.start().await.unwrap().url),
        "a key for each"
    );
    let kept = serde_json::to_string(&started.pending).unwrap();
    assert!(!format!("{:?}", started.pending).contains("\"d\""));
    let pending: PendingAuthorization = serde_json::from_str(&kept).unwrap();
    let redirect = world.server.approve(&started.url);
    let signed_in = flow.finish(pending, redirect.as_str()).await.unwrap();
    assert_eq!(call(&world.server, &signed_in.tokens).await.0.status(), 200);
    let token = signed_in.tokens.get().await.unwrap().secret;
    assert_eq!(world.server.dpop_thumbprint(token.expose()).unwrap(), begun);

    let started = flow.start().await.unwrap();
    let redirect = world.server.approve(&started.url);
    let other = flow.start().await.unwrap().pending;
    let mut mixed: serde_json::Value = serde_json::to_value(&started.pending).unwrap();
    mixed["dpop_key"] = serde_json::to_value(&other).unwrap()["dpop_key"].clone();
    let mixed: PendingAuthorization = serde_json::from_value(mixed).unwrap();
    assert!(flow.finish(mixed, redirect.as_str()).await.is_err());
}

#[tokio::test]
async fn a_device_is_bound_too() {
    let world = World::new();
    world.server.require_dpop_nonces();
    world.server.require_dpop();
    let flow = Tokens::login(ISSUER, "television").dpop(Dpop::generated());
    let waiting = world
        .thread(flow)
        .device_flow()
        .unwrap()
        .start()
        .await
        .unwrap();
    world.server.approve_device(&waiting.user_code);
    let tokens = waiting.finish().await.unwrap().tokens;
    assert_eq!(call(&world.server, &tokens).await.0.status(), 200);
    assert!(world.server.dpop_thumbprint("access-1").is_some());
}

#[tokio::test]
async fn a_bearer_token_is_refused_unless_that_is_allowed() {
    let world = World::new();
    world.server.set_extra("token_type", "Bearer".into());
    let error = bound(&world).build().unwrap().get().await.unwrap_err();
    assert!(error.is_refused(), "{error}");
    assert!(
        error.to_string().contains("danger_accept_bearer"),
        "{error}"
    );
    let allowed = Dpop::generated().danger_accept_bearer();
    let tokens = world.thread(world.client()).dpop(allowed).build().unwrap();
    let mut request = support::request();
    let _attempt = tokens.prepare(&mut request).await.unwrap();
    assert_eq!(request.headers()["authorization"], "Bearer access-2");
    assert!(!request.headers().contains_key("dpop"));
}

#[tokio::test]
async fn every_try_has_another_proof() {
    let world = World::new();
    world.server.require_dpop();
    world.server.fail_next(Fault::Unavailable(0));
    let tokens = bound(&world).build().unwrap();
    tokens.get().await.unwrap();
    let tries = world.server.requests(Endpoint::Token);
    assert_eq!(tries.len(), 2);
    assert_ne!(tries[0].headers()["dpop"], tries[1].headers()["dpop"]);
}

/// RFC 9449 section 8, RFC 7523 section 3: whatever makes a request be sent again, nothing in it is repeated.
#[tokio::test]
async fn every_try_has_another_proof_and_another_assertion() {
    for fault in [None, Some(Fault::Unavailable(0)), Some(Fault::AnswerLost)] {
        let world = World::new();
        world.server.require_dpop_nonces();
        let methods = serde_json::json!(["private_key_jwt"]);
        let member = "token_endpoint_auth_methods_supported";
        world.server.set_metadata_member(member, methods);
        if let Some(fault) = fault {
            world.server.fail_next(fault);
        }
        let assertion = Assertion::new(key(Algorithm::Es256));
        let client = Tokens::client_credentials(ISSUER, "app", assertion);
        let client = world.thread(client).dpop(Dpop::generated());
        client.build().unwrap().get().await.unwrap();
        let tries = world.server.requests(Endpoint::Token);
        assert!(tries.len() > 1);
        let proofs: HashSet<_> = tries
            .iter()
            .map(|sent| sent.headers()["dpop"].as_bytes())
            .collect();
        let assertions = tries
            .iter()
            .map(|sent| sent.parameter("client_assertion").unwrap());
        let assertions: HashSet<_> = assertions.collect();
        assert_eq!((proofs.len(), assertions.len()), (tries.len(), tries.len()));
    }
}

/// RFC 9449 section 5.1.
#[tokio::test]
async fn a_server_that_takes_no_such_key_gets_no_request() {
    let world = World::new();
    let listed = serde_json::json!(["EdDSA", "RS256"]);
    world
        .server
        .set_metadata_member("dpop_signing_alg_values_supported", listed);
    let error = bound(&world).build().unwrap().get().await.unwrap_err();
    assert!(error.is_configuration(), "{error}");
    assert!(error.to_string().contains("EdDSA, RS256"), "{error}");
    assert_eq!(world.server.token_requests(), 0);
    let able = Dpop::with_key(key(Algorithm::Rs256));
    let tokens = world.thread(world.client()).dpop(able).build().unwrap();
    assert_eq!(call(&world.server, &tokens).await.0.status(), 200);
}

#[tokio::test]
async fn a_bound_token_that_is_handed_in_comes_with_its_key() {
    let world = World::new();
    let own = key(Algorithm::Es256);
    let kept = own.to_private_jwk().unwrap();
    let first = world
        .thread(world.client())
        .dpop(Dpop::with_key(own))
        .build()
        .unwrap();
    let set = first.token_set().await.unwrap();
    assert_eq!(set.token_type, "DPoP");
    let set = TokenSet::from_json(set.to_json().expose()).unwrap();
    let handed_in = |dpop| {
        world
            .thread(Tokens::static_token(set.clone()))
            .dpop(dpop)
            .build()
    };
    let error = handed_in(Dpop::generated()).unwrap_err();
    assert!(error.to_string().contains("with_key"), "{error}");
    let tokens = handed_in(Dpop::with_key(Key::from_jwk(&kept).unwrap())).unwrap();
    assert_eq!(call(&world.server, &tokens).await.0.status(), 200);
    let error = world
        .thread(Tokens::static_token(set.clone()))
        .build()
        .unwrap_err();
    assert!(error.is_configuration(), "{error}");
}

#[test]
fn what_can_not_work_is_said_at_once() {
    let world = World::new();
    for (builder, part) in [
        (
            bound(&world).bearer_method(BearerMethod::Query),
            "bearer method",
        ),
        (
            world.thread(world.client()).dpop(Dpop::with_key(
                Key::from_secret(Algorithm::Hs256, &[7; 32]).unwrap(),
            )),
            "private key",
        ),
    ] {
        let error = builder.build().unwrap_err().to_string();
        assert!(error.contains(part), "{part}: {error}");
    }
}
