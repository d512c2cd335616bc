//! Managers on one store, as many processes would be: what one brings is used by all, and what a
//! refresh token is spent for comes one after the other.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use grantor_client::{Tokens, TokensBuilder};
use grantor_store::{MasterKey, MemoryStore, Store};
use support::World;

fn memory() -> Arc<dyn Store> {
    Arc::new(MemoryStore::new())
}

fn stored(builder: TokensBuilder, store: &Arc<dyn Store>) -> TokensBuilder {
    builder.store(Arc::clone(store), &MasterKey::from_bytes([7; 32]))
}

/// Two managers on one store that want two access tokens at once, while the server takes its time.
/// How many requests are under way then.
async fn two_tokens_at_once(world: &World, begin: impl Fn() -> TokensBuilder) -> usize {
    let store = memory();
    let build = || world.here(stored(begin(), &store)).build().unwrap();
    let (one, other) = (build(), build().with_resource("https://other.example"));
    world.server.hold();
    let later = async {
        world.server.holds(1).await;
        // Less than the term of a lease.
        tokio::time::sleep(Duration::from_secs(5)).await;
        world.server.release();
    };
    let (one, other, ()) = tokio::join!(one.get(), other.get(), later);
    assert_ne!(one.unwrap().secret, other.unwrap().secret);
    assert_eq!(world.server.token_requests(), 2);
    world.server.most_token_requests_at_once()
}

#[tokio::test(start_paused = true)]
async fn managers_on_one_store_spend_a_refresh_token_for_one_access_token_at_a_time() {
    let world = World::new();
    let first = world.server.new_refresh_token();
    assert_eq!(two_tokens_at_once(&world, || world.login(&first)).await, 1);
    assert_eq!(world.server.reuses(), 0);
}

#[tokio::test(start_paused = true)]
async fn managers_on_one_store_fetch_two_tokens_of_a_client_at_once() {
    let world = World::new();
    assert_eq!(two_tokens_at_once(&world, || world.client()).await, 2);
}

async fn many_managers_on_one_store(begin: impl Fn(&World, &str) -> TokensBuilder) {
    let world = World::new();
    let store = memory();
    let first = world.server.new_refresh_token();
    let managers: Vec<_> = (0..4)
        .map(|_| world.here(stored(begin(&world, &first), &store)))
        .map(|builder| builder.build().unwrap())
        .collect();
    for round in 1..=3 {
        let calls = managers.iter().map(Tokens::get);
        for token in futures_util::future::join_all(calls).await {
            let name = format!("access-{round}");
            assert_eq!(token.unwrap().secret.expose(), name);
        }
        world.advance(3600);
    }
    assert_eq!(world.server.token_requests(), 3);
    assert_eq!(world.server.reuses(), 0);
}

#[tokio::test(start_paused = true)]
async fn managers_on_one_store_renew_a_login_once() {
    many_managers_on_one_store(|world, first| world.login(first)).await;
}

#[tokio::test(start_paused = true)]
async fn managers_on_one_store_fetch_a_clients_token_once() {
    many_managers_on_one_store(|world, _| world.client()).await;
}

#[tokio::test(start_paused = true)]
async fn the_further_members_of_an_answer_are_there_after_an_adoption() {
    let world = World::new();
    world
        .server
        .set_extra("instance_url", "https://one.example".into());
    let store = memory();
    let tokens = || world.here(stored(world.client(), &store)).build().unwrap();
    let fetched = tokens().get().await.unwrap();
    let adopted = tokens().get().await.unwrap();
    assert_eq!(world.server.token_requests(), 1);
    assert_eq!(adopted, fetched);
    assert_eq!(adopted.extra["instance_url"], "https://one.example");
    let left = adopted.expires_at.unwrap().since(world.now());
    assert_eq!(left.as_secs(), 3600);
}
