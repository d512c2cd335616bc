//! The traps of `traps.rs` and its neighbours for logins whose tokens are bound to a key (RFC 9449): the
//! key is part of the login, so whoever loses it has lost the login.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::sync::Arc;

use futures_util::future::join_all;
use grantor_client::{Dpop, Tokens, TokensBuilder};
use grantor_store::{MasterKey, MemoryStore, PutOutcome, Store};
use grantor_testkit::store::StoreFault;
use grantor_testkit::{Endpoint, Fault};
use support::{ISSUER, LOGINS_REFUSED, World, counting_store, faulty_store, request, settle};

/// A server that gives bound tokens alone.
fn world() -> World {
    let world = World::new();
    world.server.require_dpop();
    world
}

fn bound(world: &World, refresh_token: &str) -> TokensBuilder {
    world.here(world.login(refresh_token).dpop(Dpop::generated()))
}

fn stored(builder: TokensBuilder, store: &Arc<dyn Store>) -> TokensBuilder {
    let key = MasterKey::from_bytes([7; 32]);
    builder.login_label("ada").store(Arc::clone(store), &key)
}

/// The login of an earlier run, in another process.
fn found(world: &World, store: &Arc<dyn Store>) -> Tokens {
    let login = Tokens::login(ISSUER, "app").dpop(Dpop::generated());
    world.here(stored(login, store)).build().unwrap()
}

/// The key that an access token is bound to.
fn key_of(world: &World, access_token: &str) -> String {
    world.server.dpop_thumbprint(access_token).unwrap()
}

/// All access tokens until now have one key.
fn assert_one_key(world: &World, tokens: usize) {
    let first = key_of(world, "access-1");
    for number in 1..=tokens {
        assert_eq!(
            key_of(world, &format!("access-{number}")),
            first,
            "{number}"
        );
    }
    world.server.assert_no_refresh_token_was_reused();
}

/// T1: dropped callers, and a renewal that goes on without them.
#[tokio::test(start_paused = true)]
async fn dropped_callers_lose_neither_refresh_token_nor_key() {
    let world = world();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let builder = bound(&world, &world.server.new_refresh_token());
    let tokens = stored(builder, &store).build().unwrap();
    for round in 1..=10 {
        let callers: Vec<_> = (0..20)
            .map(|_| {
                let tokens = tokens.clone();
                tokio::spawn(async move { tokens.get().await })
            })
            .collect();
        for (caller, polls) in callers.into_iter().zip(0..) {
            for _ in 0..polls % 5 {
                tokio::task::yield_now().await;
            }
            caller.abort();
        }
        tokens.get().await.unwrap();
        world.server.assert_token_requests(round);
        world.advance(3600);
    }
    assert_one_key(&world, 10);
    assert_eq!(world.call(&found(&world, &store)).await.status(), 200);
    assert_one_key(&world, 11);
}

/// T2: rejections of one token renew once.
#[tokio::test(start_paused = true)]
async fn a_hundred_rejections_renew_once_with_the_key() {
    let world = world();
    let tokens = bound(&world, &world.server.new_refresh_token());
    let tokens = tokens.build().unwrap();
    world.call(&tokens).await;
    let key = key_of(&world, "access-1");
    let late = tokens.prepare(&mut request()).await.unwrap();
    world.server.revoke_access_tokens();
    for answer in join_all((0..100).map(|_| world.call(&tokens))).await {
        assert_eq!(answer.status(), 200);
    }
    let refused = http::Response::builder().status(401);
    let refused = refused.header("www-authenticate", "DPoP error=\"invalid_token\"");
    let observed = late.observe(&refused.body(()).unwrap()).await;
    let mut again = request();
    let resend = observed.into_resend().unwrap();
    let _attempt = resend.prepare(&mut again).await.unwrap();
    assert_eq!(again.headers()["authorization"], "DPoP access-2");
    world.server.assert_token_requests(2);
    assert_eq!(key_of(&world, "access-2"), key);
    world.server.assert_no_refresh_token_was_reused();
}

/// T3: processes on one store, each of which would have made a key of its own.
#[tokio::test(start_paused = true)]
async fn managers_on_one_store_renew_once_with_one_key() {
    let world = world();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let first = world.server.new_refresh_token();
    let build = || stored(bound(&world, &first), &store).build().unwrap();
    let managers: Vec<_> = (0..4).map(|_| build()).collect();
    for round in 1..=3 {
        for answer in join_all(managers.iter().map(|tokens| world.call(tokens))).await {
            assert_eq!(answer.status(), 200);
        }
        world.server.assert_token_requests(round);
        world.advance(3600);
    }
    assert_one_key(&world, 3);
}

/// T4: renewals that fail ahead of the end, and short tokens.
#[tokio::test(start_paused = true)]
async fn a_failed_early_renewal_keeps_the_token() {
    let world = world();
    let tokens = bound(&world, &world.server.new_refresh_token());
    let tokens = tokens.build().unwrap();
    assert_eq!(world.call(&tokens).await.status(), 200);
    world.advance(3200);
    world
        .server
        .fail_always(Endpoint::Token, Fault::Status(503));
    for _ in 0..39 {
        world.advance(10);
        assert_eq!(world.call(&tokens).await.status(), 200);
        settle().await;
    }
    world.server.clear_faults();
    world.advance(120);
    assert_eq!(world.call(&tokens).await.status(), 200);
    assert_eq!(key_of(&world, "access-2"), key_of(&world, "access-1"));
}

/// T5: a proof that the server refuses is no login that is over.
#[tokio::test(start_paused = true)]
async fn a_refused_proof_keeps_the_login() {
    let world = world();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let builder = bound(&world, &world.server.new_refresh_token());
    let tokens = stored(builder, &store).build().unwrap();
    tokens.get().await.unwrap();
    world.advance(3600);
    world.server.fail_next(Fault::Refused("invalid_dpop_proof"));
    let error = tokens.get().await.unwrap_err();
    assert!(!error.needs_login(), "{error:?}");
    assert_eq!(error.oauth_error().unwrap().as_str(), "invalid_dpop_proof");
    world.advance(60);
    assert_eq!(world.call(&tokens).await.status(), 200);
    assert_one_key(&world, 2);
}

/// T6: two access tokens of one login.
#[tokio::test(start_paused = true)]
async fn two_access_tokens_of_one_login_have_its_key() {
    let world = world();
    let tokens = bound(&world, &world.server.new_refresh_token());
    let tokens = tokens.build().unwrap();
    let other = tokens.with_resource("https://other.example");
    for _ in 0..5 {
        let (one, two) = tokio::join!(tokens.get(), other.get());
        assert_ne!(one.unwrap().secret, two.unwrap().secret);
        world.advance(3600);
    }
    world.server.assert_token_requests(10);
    assert_one_key(&world, 10);
}

/// T7: a machine that slept, and one under a lease.
#[tokio::test(start_paused = true)]
async fn a_machine_that_slept_makes_one_request_with_the_key() {
    let world = world();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let builder = bound(&world, &world.server.new_refresh_token());
    let tokens = stored(builder, &store).build().unwrap();
    tokens.get().await.unwrap();
    world.advance(7 * 24 * 3600);
    for token in join_all((0..100).map(|_| tokens.get())).await {
        assert_eq!(token.unwrap().secret.expose(), "access-2");
    }
    world.server.assert_token_requests(2);
    assert_one_key(&world, 2);
}

/// T8: the store is down after a rotation.
#[tokio::test(start_paused = true)]
async fn what_can_not_be_stored_is_renewed_from_memory_and_stored_later_with_its_key() {
    let world = world();
    let faulty = faulty_store();
    let store = Arc::clone(&faulty) as Arc<dyn Store>;
    let builder = bound(&world, &world.server.new_refresh_token());
    let tokens = stored(builder, &store).build().unwrap();
    faulty.set(LOGINS_REFUSED);
    for _ in 0..3 {
        assert_eq!(world.call(&tokens).await.status(), 200);
        world.advance(3600);
    }
    faulty.set(StoreFault::None);
    tokens.close().await;
    drop(tokens);
    assert_eq!(world.call(&found(&world, &store)).await.status(), 200);
    assert_one_key(&world, 4);
}

/// The login, with its key, is written before the access token that is bound to it.
#[tokio::test(start_paused = true)]
async fn the_key_is_stored_before_the_token() {
    let world = world();
    let counting = counting_store();
    let store = Arc::clone(&counting) as Arc<dyn Store>;
    let login = Tokens::login(ISSUER, "app").dpop(Dpop::generated());
    let flow = world.here(stored(login, &store));
    let flow = flow.code_flow("https://app.example/callback").unwrap();
    let started = flow.start().await.unwrap();
    let redirect = world.server.approve(&started.url);
    let signed_in = flow.finish(started.pending, redirect.as_str());
    let tokens = signed_in.await.unwrap().tokens;
    let first = tokens.get().await.unwrap().secret;
    let puts = counting.puts();
    let place = |kind: &[u8]| {
        puts.iter()
            .position(|put| put.key.as_bytes()[8..10] == *kind)
    };
    let (login, token) = (place(b"lo").unwrap(), place(b"ca").unwrap());
    assert!(login < token);
    // A process that ended in between has left all that the next one needs.
    let left: Arc<dyn Store> = Arc::new(MemoryStore::new());
    for put in &puts[..token] {
        assert_eq!(left.put(put).await.unwrap(), PutOutcome::Stored);
    }
    let next = found(&world, &left);
    assert_eq!(world.call(&next).await.status(), 200);
    let second = next.get().await.unwrap().secret;
    assert_ne!(second, first);
    let keys = [first, second].map(|token| key_of(&world, token.expose()));
    assert_eq!(keys[0], keys[1]);
}
