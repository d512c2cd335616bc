//! Subjects whose end is said otherwise the next time, and handles that go while one is exchanged.

use std::sync::Arc;
use std::time::Duration;

use crate::support::{ISSUER, World, request, settle};
use grantor_client::{SubjectToken, Tokens};
use grantor_testkit::Fault;

fn exchange(world: &World) -> grantor_client::TokensBuilder {
    world.here(Tokens::token_exchange(ISSUER, "app", "s3cret"))
}

fn of(subject: SubjectToken) -> http::Request<()> {
    let mut request = request();
    request.extensions_mut().insert(subject);
    request
}

#[tokio::test(start_paused = true)]
async fn a_subject_whose_end_is_learned_later_ends_then() {
    let world = World::new();
    world.server.trust_token("alice");
    let tokens = exchange(&world).build().unwrap();
    let alice = SubjectToken::access_token("alice");
    let _ = tokens.prepare(&mut of(alice.clone())).await.unwrap();
    let ended = alice.expires_at(world.now());
    world.advance(1);
    assert!(tokens.prepare(&mut of(ended)).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_subject_whose_end_was_said_too_early_goes_on() {
    let world = World::new();
    world.server.trust_token("alice");
    let tokens = exchange(&world).build().unwrap();
    let alice = SubjectToken::access_token("alice");
    let early = alice
        .clone()
        .expires_at(world.now() + Duration::from_secs(10));
    let _ = tokens.prepare(&mut of(early)).await.unwrap();
    world.advance(60);
    let late = alice.expires_at(world.now() + Duration::from_secs(1000));
    let _ = tokens.prepare(&mut of(late)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn ends_of_a_subject_that_differ_a_little_are_no_storm() {
    let world = World::new();
    world.server.trust_token("alice");
    let tokens = world
        .here(Tokens::token_exchange(ISSUER, "app", "s3cret"))
        .build()
        .unwrap();
    for n in 0..1000u64 {
        let end = world.now() + Duration::from_millis(3_600_000 + (n * 7919) % 1000);
        let mut request = request();
        request
            .extensions_mut()
            .insert(SubjectToken::access_token("alice").expires_at(end));
        let _ = tokens.prepare(&mut request).await.unwrap();
    }
    assert!(world.server.token_requests() < 20);
}

#[tokio::test(start_paused = true)]
async fn an_exchange_that_ends_after_the_last_handle_leaves_nothing_behind() {
    let world = World::new();
    world.server.trust_token("alice");
    let counted = Arc::new(());
    let held = Arc::clone(&counted);
    let builder = exchange(&world).on_event(move |_| {
        let _ = &held;
    });
    let tokens = builder.build().unwrap();
    let mut request = of(SubjectToken::access_token("alice"));
    world.server.fail_next(Fault::Delay(Duration::from_secs(1)));
    let early = tokio::time::timeout(Duration::from_millis(100), tokens.prepare(&mut request));
    assert!(early.await.is_err());
    drop(tokens);
    tokio::time::sleep(Duration::from_secs(60)).await;
    settle().await;
    assert_eq!(Arc::strong_count(&counted), 1);
}
