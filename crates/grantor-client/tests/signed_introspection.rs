//! Introspection whose answers are signed (RFC 9701).

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use grantor_client::{Error, Tokens, TokensBuilder};
use grantor_core::{Introspection, IntrospectionRequest};
use grantor_jose::{Algorithm, Key};
use grantor_testkit::{Endpoint, answer};
use http::header;
use serde_json::{Value, json};
use support::World;

fn builder(world: &World) -> TokensBuilder {
    world.server.set_clock(&world.clock);
    world.thread(world.client()).signed_introspection(None)
}

async fn ask(tokens: &Tokens) -> Result<Introspection, Error> {
    let token = tokens.get().await.unwrap();
    tokens
        .introspect(&IntrospectionRequest::new(token.secret))
        .await
}

#[tokio::test]
async fn an_answer_is_signed_and_validated() {
    let world = World::new();
    let tokens = builder(&world).build().unwrap();
    let known = ask(&tokens).await.unwrap();
    assert!(known.active);
    assert_eq!(known.client_id.as_deref(), Some("app"));
    let asked = world.server.requests(Endpoint::Introspection);
    let accepted = &asked[0].headers()[header::ACCEPT];
    assert_eq!(accepted, "application/token-introspection+jwt");
    let gone = tokens
        .introspect(&IntrospectionRequest::new("unknown"))
        .await
        .unwrap();
    assert_eq!(gone, Introspection::inactive());
}

#[tokio::test]
async fn an_answer_that_is_not_meant_for_this_client_is_refused() {
    let another = json!("https://another.example");
    for (name, value) in [
        ("iss", another.clone()),
        ("iss", Value::Null),
        ("aud", another.clone()),
        ("aud", Value::Null),
        ("token_introspection", Value::Null),
        ("token_introspection", json!({ "active": "perhaps" })),
    ] {
        let world = World::new();
        let tokens = builder(&world).build().unwrap();
        world.server.set_introspection_claim(name, value.clone());
        let error = ask(&tokens).await.unwrap_err();
        assert!(error.is_refused(), "{name} {value}: {error:?}");
        assert!(!error.to_string().contains("another.example"), "{error}");
    }
}

#[tokio::test]
async fn an_answer_that_is_not_signed_is_refused() {
    let world = World::new();
    let tokens = builder(&world)
        .on_response(|_, response| {
            let json = header::HeaderValue::from_static("application/json");
            let is_jwt = response
                .headers()
                .get(header::CONTENT_TYPE)
                .is_some_and(|own| own != json);
            if is_jwt {
                *response = answer::json(200, &json!({ "active": true }));
            }
        })
        .build()
        .unwrap();
    let error = ask(&tokens).await.unwrap_err();
    assert!(error.to_string().contains("not signed"), "{error}");
}

#[tokio::test]
async fn a_key_that_is_not_known_is_looked_for_once() {
    let world = World::new();
    let tokens = builder(&world).build().unwrap();
    ask(&tokens).await.unwrap();
    world.advance(3600);
    world
        .server
        .sign_id_tokens_with(Key::generate(Algorithm::Es256).unwrap());
    assert!(ask(&tokens).await.unwrap().active);
    assert_eq!(world.server.count(Endpoint::KeySet), 2);
    let by_another = builder(&world)
        .signed_introspection(Algorithm::Rs256)
        .build()
        .unwrap();
    let error = ask(&by_another).await.unwrap_err();
    assert!(error.is_refused(), "{error:?}");
}
