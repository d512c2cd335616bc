//! Forgetting tokens: in memory, in the store, of one login and of all.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::sync::Arc;

use grantor_client::{Policy, SubjectToken, Tokens};
use grantor_store::{MasterKey, MemoryStore, Store};
use grantor_testkit::Fault;
use support::{ISSUER, World, settle};

#[tokio::test(start_paused = true)]
async fn forgetting_waits_for_what_is_under_way_and_takes_it_too() {
    let world = World::new();
    let tokens = world.here(world.client()).build().unwrap();
    let other = tokens.with_resource("https://other.example");
    world.server.hold();
    let calls = [tokens.clone(), other.clone()]
        .map(|tokens| tokio::spawn(async move { tokens.get().await }));
    world.server.holds(2).await;
    let forgetting = tokens.clone();
    let forgotten = tokio::spawn(async move { forgetting.forget().await });
    settle().await;
    assert!(!forgotten.is_finished());
    world.server.release();
    forgotten.await.unwrap().unwrap();
    for call in calls {
        assert!(call.await.unwrap().is_ok());
    }
    for (tokens, name) in [(&tokens, "access-3"), (&other, "access-4")] {
        assert_eq!(tokens.get().await.unwrap().secret.expose(), name);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_forgotten_is_gone_from_the_store_whatever_it_is_good_for() {
    let world = World::new();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let key = MasterKey::from_bytes([7; 32]);
    let begin = || {
        let builder = world.client().store(Arc::clone(&store), &key);
        let tokens = world.here(builder).build().unwrap();
        let other = tokens.with_resource("https://other.example");
        [tokens, other]
    };
    let both = begin();
    for tokens in &both {
        tokens.get().await.unwrap();
    }
    both[1].forget().await.unwrap();
    let again = begin();
    for (tokens, name) in again.iter().zip(["access-3", "access-4"]) {
        assert_eq!(tokens.get().await.unwrap().secret.expose(), name);
    }
}

#[tokio::test(start_paused = true)]
async fn the_tokens_of_subjects_are_forgotten_and_so_is_a_failure() {
    let world = World::new();
    world.server.trust_token("alice");
    let builder = Tokens::token_exchange(ISSUER, "app", "s3cret").optional_subject();
    let tokens = world.here(builder).build().unwrap();
    let alice = SubjectToken::access_token("alice");
    let alice = tokens.for_subject(alice).unwrap();
    for forgets in [&tokens, &alice] {
        let before = alice.get().await.unwrap().secret;
        forgets.forget().await.unwrap();
        assert_ne!(alice.get().await.unwrap().secret, before);
    }
    world.server.fail_next(Fault::Refused("invalid_client"));
    for _ in 0..2 {
        assert!(tokens.get().await.is_err());
    }
    tokens.forget().await.unwrap();
    assert!(tokens.get().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_handle_forgets_its_subjects_token_though_others_have_crowded_it_out() {
    let world = World::new();
    let mut policy = Policy::default();
    policy.max_subject_tokens = 1;
    let builder = Tokens::token_exchange(ISSUER, "app", "s3cret");
    let tokens = world.here(builder).policy(policy).build().unwrap();
    let [alice, bob] = ["alice", "bob"].map(|name| {
        world.server.trust_token(name);
        let subject = SubjectToken::access_token(name);
        tokens.for_subject(subject).unwrap()
    });
    let before = alice.get().await.unwrap().secret;
    bob.get().await.unwrap();
    alice.forget().await.unwrap();
    assert_ne!(alice.get().await.unwrap().secret, before);
}
