//! Signatures of ID tokens, and the keys for them (OpenID Connect Core section 10).

use grantor_jose::{Algorithm, Key, KeySet, jwt};
use serde_json::json;

use crate::provider::{CALLBACK, builder, flow, refusal, reissue, sign_in, signed_by_hand, world};

#[tokio::test(start_paused = true)]
async fn oidcc_client_test_idtoken_sig_rs256() {
    let world = world();
    let signed_in = sign_in(&world, &flow(&world)).await.unwrap();
    let algorithm = signed_in.id_token.unwrap().algorithm;
    assert_eq!(algorithm, Algorithm::Rs256);
}

/// RFC 8725 section 3.2.
#[tokio::test(start_paused = true)]
async fn oidcc_client_test_idtoken_sig_none() {
    let world = world();
    let key = Key::generate(Algorithm::EdDsa).unwrap();
    reissue(&world, move |claims| {
        let token = signed_by_hand(&key, &json!({"alg": "none"}), claims);
        let (unsigned, _) = token.rsplit_once('.').unwrap();
        format!("{unsigned}.")
    });
    refusal(&world, &flow(&world)).await;
}

#[tokio::test(start_paused = true)]
async fn fapi2_security_profile_final_client_test_invalid_null_alg() {
    let world = world();
    let key = Key::generate(Algorithm::EdDsa).unwrap();
    reissue(&world, move |claims| {
        signed_by_hand(&key, &json!({"alg": null}), claims)
    });
    refusal(&world, &flow(&world)).await;
}

/// The provider publishes RS256 alone.
#[tokio::test(start_paused = true)]
async fn fapi2_security_profile_final_client_test_invalid_alternate_alg() {
    let world = world();
    let names = json!(["RS256", "RS999", "none", "HS256"]);
    let member = "id_token_signing_alg_values_supported";
    world.server.set_metadata_member(member, names);
    let key = Key::generate(Algorithm::Ps256).unwrap();
    world.server.sign_id_tokens_with(key);
    let message = refusal(&world, &flow(&world)).await;
    assert!(message.contains("\"alg\""), "{message}");
}

async fn foreign_signature(algorithm: Algorithm) -> String {
    let world = world();
    let good = Key::generate(algorithm).unwrap().with_key_id("k");
    let foreign = Key::generate(algorithm).unwrap().with_key_id("k");
    let published: KeySet = good.public().cloned().into_iter().collect();
    world.server.publish_keys(published);
    world.server.sign_id_tokens_with(foreign);
    refusal(&world, &flow(&world)).await
}

#[tokio::test(start_paused = true)]
async fn oidcc_client_test_invalid_sig_rs256() {
    let message = foreign_signature(Algorithm::Rs256).await;
    assert!(message.contains("signature"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn oidcc_client_test_invalid_sig_es256() {
    let message = foreign_signature(Algorithm::Es256).await;
    assert!(message.contains("signature"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn oidcc_client_test_invalid_sig_hs256() {
    let world = world();
    let secret = "a secret of the client that is long enough";
    let key = |secret: &str| Key::from_secret(Algorithm::Hs256, secret.as_bytes()).unwrap();
    let builder = builder()
        .client_secret(secret)
        .id_token_algorithm(Algorithm::Hs256);
    let flow = world.here(builder).code_flow(CALLBACK).unwrap();
    world.server.sign_id_tokens_with(key(secret));
    assert!(sign_in(&world, &flow).await.is_ok());
    world
        .server
        .sign_id_tokens_with(key("another secret that is long enough, too"));
    let message = refusal(&world, &flow).await;
    assert!(message.contains("signature"), "{message}");
    assert_eq!(world.server.key_requests(), 0);
}

/// A public key of the provider is no secret for HMAC (RFC 8725 section 2.1).
#[tokio::test(start_paused = true)]
async fn a_symmetric_signature_is_refused_unless_it_was_registered() {
    let world = world();
    let key = Key::from_secret(Algorithm::Hs256, &[7; 32]).unwrap();
    reissue(&world, move |claims| {
        jwt::sign(&key, jwt::Typ::JWT, claims).unwrap()
    });
    let message = refusal(&world, &flow(&world)).await;
    assert!(message.contains("\"alg\""), "{message}");
}

/// OpenID Connect Core section 10.1: one key fits.
#[tokio::test(start_paused = true)]
async fn oidcc_client_test_kid_absent_single_jwks() {
    let world = world();
    let key = Key::generate(Algorithm::Rs256).unwrap();
    world
        .server
        .publish_keys(key.public().cloned().into_iter().collect());
    reissue(&world, move |claims| {
        signed_by_hand(&key, &json!({"alg": "RS256"}), claims)
    });
    assert!(sign_in(&world, &flow(&world)).await.is_ok());
}

/// OpenID Connect Core section 10.1: several keys fit, and "a kid value MUST be provided in this case".
#[tokio::test(start_paused = true)]
async fn oidcc_client_test_kid_absent_multiple_jwks() {
    let world = world();
    let [key, other] = [(); 2].map(|()| Key::generate(Algorithm::Rs256).unwrap());
    let both = [&key, &other]
        .into_iter()
        .filter_map(|key| key.public().cloned());
    world.server.publish_keys(both.collect());
    reissue(&world, move |claims| {
        signed_by_hand(&key, &json!({"alg": "RS256"}), claims)
    });
    let message = refusal(&world, &flow(&world)).await;
    assert!(message.contains("several keys"), "{message}");
}

/// OpenID Connect Core section 10.1.1: a key that is not known is fetched.
#[tokio::test(start_paused = true)]
async fn oidcc_client_test_signing_key_rotation() {
    let world = world();
    let flow = flow(&world);
    assert!(sign_in(&world, &flow).await.is_ok());
    assert!(sign_in(&world, &flow).await.is_ok());
    assert_eq!(world.server.key_requests(), 1, "the keys are kept");
    world.advance(60);
    world
        .server
        .sign_id_tokens_with(Key::generate(Algorithm::Rs256).unwrap());
    assert!(sign_in(&world, &flow).await.is_ok());
    assert_eq!(world.server.key_requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn oidcc_client_test_signing_key_rotation_just_before_signing() {
    let world = world();
    let flow = flow(&world);
    assert!(sign_in(&world, &flow).await.is_ok());
    world.advance(60);
    let started = flow.start().await.unwrap();
    let redirect = world.server.approve(&started.url);
    world
        .server
        .sign_id_tokens_with(Key::generate(Algorithm::Rs256).unwrap());
    let finished = flow.finish(started.pending, redirect.as_str());
    assert!(finished.await.is_ok());
}

/// Invented keys cost the provider one request per half a minute.
#[tokio::test(start_paused = true)]
async fn unknown_keys_are_looked_for_once_in_a_while() {
    let world = world();
    let flow = flow(&world);
    assert!(sign_in(&world, &flow).await.is_ok());
    let invented = Key::generate(Algorithm::Rs256).unwrap();
    reissue(&world, move |claims| {
        signed_by_hand(&invented, &json!({"alg": "RS256", "kid": "x"}), claims)
    });
    for _ in 0..5 {
        refusal(&world, &flow).await;
    }
    assert!(world.server.key_requests() <= 2);
}
