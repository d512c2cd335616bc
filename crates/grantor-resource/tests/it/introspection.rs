//! Introspection at an endpoint (RFC 7662), and its cache.

use grantor_resource::{Verifier, VerifyError};
use serde_json::{Value, json};

use crate::support::*;

#[tokio::test]
async fn asks_with_its_own_credentials() {
    let world = World::new();
    world.network.answer(ENDPOINT, active(&json!({})));
    let verifier = world.introspecting_verifier();
    let token = verifier.verify("opaque-1").await.unwrap();
    assert_eq!(token.subject.as_deref(), Some("user-1"));
    assert_eq!(token.client_id.as_deref(), Some("client-1"));
    assert_eq!(token.scope.as_str(), "read");
    assert_eq!(token.other["tenant"], "t1");
    let request = world.network.last();
    assert_eq!(request.method(), "POST");
    assert_eq!(request.headers()["authorization"], "Basic YXBpOmh1bnRlcjI=");
    assert_eq!(
        request.body(),
        "token=opaque-1&token_type_hint=access_token"
    );
}

/// The error about a token for which the endpoint answers this.
async fn verdict(answer: Value) -> Result<(), VerifyError> {
    let world = World::new();
    world.network.answer(ENDPOINT, answer);
    let verifier = world.introspecting_verifier();
    let first = verifier.verify("opaque-1").await.map(|_| ());
    if first.is_err() {
        // Refusals are not cached.
        assert!(verifier.verify("opaque-1").await.is_err());
        assert_eq!(world.network.count(ENDPOINT), 2);
    }
    first
}

#[tokio::test]
async fn rejects_an_inactive_token() {
    for answer in [
        json!({ "active": false }),
        active(&json!({ "active": false })),
    ] {
        let verdict = verdict(answer).await;
        assert!(matches!(verdict, Err(VerifyError::Inactive)));
    }
}

#[tokio::test]
async fn rejects_tokens_out_of_their_time() {
    let ended = verdict(active(&json!({ "exp": START }))).await;
    assert!(matches!(ended, Err(VerifyError::Expired)));
    let early = verdict(active(&json!({ "nbf": START + 1 }))).await;
    assert!(matches!(early, Err(VerifyError::NotYetValid)));
}

#[tokio::test]
async fn rejects_tokens_for_others_and_of_others() {
    for aud in [
        json!(null),
        json!("https://other.example.com"),
        json!(["a", "b"]),
    ] {
        let verdict = verdict(active(&json!({ "aud": aud }))).await;
        assert!(matches!(verdict, Err(VerifyError::WrongAudience)));
    }
    verdict(active(&json!({ "aud": ["a", AUDIENCE] })))
        .await
        .unwrap();
    let other = verdict(active(&json!({ "iss": "https://id.example.com/" }))).await;
    assert!(matches!(other, Err(VerifyError::WrongIssuer)));
    verdict(active(&json!({ "iss": null }))).await.unwrap();
}

#[tokio::test]
async fn rejects_bound_tokens_as_bearer() {
    for changes in [
        json!({ "cnf": { "jkt": "x", "x5t#S256": "x" } }),
        json!({ "cnf": { "x5t#S256": "x" }, "token_type": "Bearer" }),
        json!({ "token_type": "DPoP" }),
        json!({ "token_type": "dpop" }),
    ] {
        let verdict = verdict(active(&changes)).await;
        assert!(matches!(verdict, Err(VerifyError::SenderConstrained)));
    }
}

/// With a proof the token would be good, so the answer about it is cached.
#[tokio::test]
async fn rejects_a_token_as_bearer_that_is_bound_by_dpop() {
    let world = World::new();
    let jkt = json!({ "cnf": { "jkt": "x" }, "token_type": "DPoP" });
    world.network.answer(ENDPOINT, active(&jkt));
    let verifier = world.introspecting_verifier();
    for _ in 0..2 {
        let verified = verifier.verify("opaque-1").await;
        assert!(matches!(verified, Err(VerifyError::SenderConstrained)));
    }
    assert_eq!(world.network.count(ENDPOINT), 1);
}

#[tokio::test]
async fn rejects_refresh_tokens() {
    for changes in [
        json!({ "token_use": "refresh_token" }),
        json!({ "token_use": 1 }),
        json!({ "token_type": "refresh_token" }),
    ] {
        let verdict = verdict(active(&changes)).await;
        assert!(matches!(verdict, Err(VerifyError::WrongKind)));
    }
    let plain = json!({ "token_use": "access_token", "token_type": "bearer" });
    verdict(active(&plain)).await.unwrap();
    verdict(active(&json!({ "token_type": null })))
        .await
        .unwrap();
}

#[tokio::test]
async fn an_endpoint_that_can_not_say_leaves_it_undecided() {
    let world = World::new();
    let verifier = world.introspecting_verifier();
    assert!(
        verifier
            .verify("opaque-1")
            .await
            .unwrap_err()
            .is_undecided()
    );
    let good = active(&json!({})).to_string();
    for (status, body) in [
        (401, good.as_str()),
        (500, good.as_str()),
        (302, good.as_str()),
        (200, ""),
        (200, "{}"),
        (200, r#"{"active":"true"}"#),
        (200, r#"{"active":false,"active":true}"#),
        (200, r#"{"active":true,"exp":"later"}"#),
    ] {
        world.network.answer_with(ENDPOINT, status, body);
        let error = verifier.verify("opaque-1").await.unwrap_err();
        assert!(error.is_undecided(), "{status} {body}");
    }
    world.network.answer(ENDPOINT, good);
    verifier.verify("opaque-1").await.unwrap();
}

#[tokio::test]
async fn an_answer_is_used_again_for_ten_seconds() {
    let world = World::new();
    world.network.answer(ENDPOINT, active(&json!({})));
    let verifier = world.introspecting_verifier();
    for _ in 0..5 {
        verifier.verify("opaque-1").await.unwrap();
        world.clock.advance(2);
    }
    assert_eq!(world.network.count(ENDPOINT), 1);
    world.network.answer(ENDPOINT, json!({ "active": false }));
    let verified = verifier.verify("opaque-1").await;
    assert!(matches!(verified, Err(VerifyError::Inactive)));
}

#[tokio::test]
async fn an_answer_is_not_used_past_the_end_of_the_token() {
    let world = World::new();
    world
        .network
        .answer(ENDPOINT, active(&json!({ "exp": START + 3 })));
    let verifier = world.introspecting_verifier();
    verifier.verify("opaque-1").await.unwrap();
    world.clock.advance(2);
    verifier.verify("opaque-1").await.unwrap();
    assert_eq!(world.network.count(ENDPOINT), 1);
    world.clock.advance(1);
    let verified = verifier.verify("opaque-1").await;
    assert!(matches!(verified, Err(VerifyError::Expired)));
    assert_eq!(world.network.count(ENDPOINT), 2);
}

#[tokio::test]
async fn an_answer_is_about_one_token() {
    let world = World::new();
    world.network.answer(ENDPOINT, active(&json!({})));
    let verifier = world.introspecting_verifier();
    verifier.verify("opaque-1").await.unwrap();
    world.network.answer(ENDPOINT, json!({ "active": false }));
    assert!(verifier.verify("opaque-2").await.is_err());
    verifier.verify("opaque-1").await.unwrap();
}

#[tokio::test]
async fn without_a_cache_every_request_is_a_question() {
    let world = World::new();
    world.network.answer(ENDPOINT, active(&json!({})));
    let verifier = Verifier::introspection(ENDPOINT, client())
        .transport(world.network.clone())
        .clock(world.clock.clone())
        .cache(std::time::Duration::ZERO)
        .build()
        .unwrap();
    for _ in 0..3 {
        verifier.verify("opaque-1").await.unwrap();
    }
    assert_eq!(world.network.count(ENDPOINT), 3);
}

#[tokio::test]
async fn many_at_once_with_one_token_are_one_question() {
    let world = World::new();
    world.network.answer(ENDPOINT, active(&json!({})));
    let verifier = world.introspecting_verifier();
    let gate = world.network.gate.lock().await;
    let tasks: Vec<_> = (0..100)
        .map(|i| {
            let verifier = verifier.clone();
            tokio::spawn(async move { verifier.verify(["opaque-1", "opaque-2"][i % 2]).await })
        })
        .collect();
    settle().await;
    assert_eq!(world.network.count(ENDPOINT), 2);
    drop(gate);
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(world.network.count(ENDPOINT), 2);
}

#[tokio::test]
async fn the_form_of_a_token_decides_who_is_asked() {
    let world = World::new();
    world.network.answer(ENDPOINT, active(&json!({})));
    let verifier = Verifier::jwt(ISSUER, JWKS, AUDIENCE)
        .or_introspection(ENDPOINT, client())
        .transport(world.network.clone())
        .clock(world.clock.clone())
        .build()
        .unwrap();
    verifier.verify(&world.token()).await.unwrap();
    for bad in [
        world.token_with(&json!({ "exp": 1 })),
        sign(&new_key("key-1"), &json!({})),
        sign(&new_key("key-2"), &json!({})),
    ] {
        assert!(verifier.verify(&bad).await.is_err());
    }
    assert_eq!(world.network.count(ENDPOINT), 0);
    for opaque in ["opaque-1", "a.b.c"] {
        verifier.verify(opaque).await.unwrap();
    }
    assert_eq!(world.network.count(ENDPOINT), 2);
}
