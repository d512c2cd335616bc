//! Keys and endpoint by the metadata of the issuer (RFC 8414).

use grantor_resource::{Verifier, VerifierBuilder};
use serde_json::json;

use crate::support::*;

fn discovering(world: &World) -> VerifierBuilder {
    Verifier::discover(ISSUER)
        .audience(AUDIENCE)
        .transport(world.network.clone())
        .clock(world.clock.clone())
}

#[tokio::test]
async fn metadata_is_fetched_when_the_first_token_comes() {
    let world = World::new();
    let metadata = json!({ "issuer": ISSUER, "jwks_uri": JWKS });
    world.network.answer(METADATA, metadata);
    let verifier = discovering(&world).build().unwrap();
    settle().await;
    assert_eq!(world.network.count(METADATA), 0);
    for _ in 0..3 {
        verifier.verify(&world.token()).await.unwrap();
    }
    assert_eq!(world.network.count(METADATA), 1);
    assert_eq!(world.network.count(JWKS), 1);
}

#[tokio::test]
async fn metadata_of_another_issuer_decides_nothing() {
    let world = World::new();
    let metadata = json!({ "issuer": "https://id.example.com/", "jwks_uri": JWKS });
    world.network.answer(METADATA, metadata);
    let verifier = discovering(&world).build().unwrap();
    let verified = verifier.verify(&world.token()).await;
    assert!(verified.unwrap_err().is_undecided());
    assert_eq!(world.network.count(JWKS), 0);
}

#[tokio::test]
async fn an_issuer_that_was_down_is_found_a_second_later() {
    let world = World::new();
    let verifier = discovering(&world).build().unwrap();
    for _ in 0..10 {
        let verified = verifier.verify(&world.token()).await;
        assert!(verified.unwrap_err().is_undecided());
    }
    assert_eq!(world.network.count(METADATA), 1);
    let metadata = json!({ "issuer": ISSUER, "jwks_uri": JWKS });
    world.network.answer(METADATA, metadata);
    world.clock.advance(1);
    verifier.verify(&world.token()).await.unwrap();
}

#[tokio::test]
async fn credentials_open_the_introspection_endpoint() {
    let world = World::new();
    let metadata =
        json!({ "issuer": ISSUER, "jwks_uri": JWKS, "introspection_endpoint": ENDPOINT });
    world.network.answer(METADATA, metadata);
    world.network.answer(ENDPOINT, active(&json!({})));
    let verifier = discovering(&world).client(client()).build().unwrap();
    verifier.verify("opaque-1").await.unwrap();
    verifier.verify(&world.token()).await.unwrap();
    let closed = discovering(&world).build().unwrap();
    assert!(!closed.verify("opaque-1").await.unwrap_err().is_undecided());
}

#[tokio::test]
async fn an_issuer_without_keys_and_without_introspection_decides_nothing() {
    let world = World::new();
    let metadata = json!({ "issuer": ISSUER, "introspection_endpoint": ENDPOINT });
    world.network.answer(METADATA, metadata);
    let verifier = discovering(&world).build().unwrap();
    let verified = verifier.verify(&world.token()).await;
    assert!(verified.unwrap_err().is_undecided());
}

#[tokio::test]
async fn keys_that_move_are_found_and_others_stay() {
    let world = World::new();
    let metadata = json!({ "issuer": ISSUER, "jwks_uri": JWKS });
    world.network.answer(METADATA, metadata);
    let verifier = discovering(&world).build().unwrap();
    let token = world.token_with(&json!({ "exp": START + 1_000_000 }));
    verifier.verify(&token).await.unwrap();
    world.clock.advance(3600);
    verifier.verify(&token).await.unwrap();
    settle().await;
    verifier.verify(&token).await.unwrap();
    assert_eq!(world.network.count(METADATA), 2);
    // The keys are held by age, not by the metadata that named them.
    assert_eq!(world.network.count(JWKS), 2);
    let moved = "https://keys.example.com/jwks";
    let metadata = json!({ "issuer": ISSUER, "jwks_uri": moved });
    world.network.answer(METADATA, metadata);
    world.network.take_down(JWKS);
    world.clock.advance(3600 * 2);
    assert!(verifier.verify(&token).await.unwrap_err().is_undecided());
    assert_eq!(world.network.count(moved), 1);
    assert_eq!(world.network.count(JWKS), 2);
}
