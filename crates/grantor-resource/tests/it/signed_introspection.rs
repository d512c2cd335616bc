//! Answers of an introspection endpoint that are signed (RFC 9701).

use grantor_jose::jwt::{self, Typ};
use grantor_jose::{Key, base64url};
use grantor_resource::{Verifier, VerifyError};
use serde_json::{Value, json};

use crate::support::*;

const JWT: &str = "application/token-introspection+jwt";

fn verifier(world: &World) -> Verifier {
    Verifier::introspection(ENDPOINT, client())
        .introspection_signed_response()
        .issuer(ISSUER)
        .jwks_uri(JWKS)
        .audience(AUDIENCE)
        .transport(world.network.clone())
        .clock(world.clock.clone())
        .build()
        .unwrap()
}

/// The signed answer about a good token, with some claims put differently; null takes one away.
fn answer(key: &Key, typ: Typ, changes: &Value) -> String {
    let claims = json!({
        "iss": ISSUER, "aud": "api", "iat": START, "token_introspection": active(&json!({})),
    });
    jwt::sign(key, typ, &changed(claims, changes)).unwrap()
}

async fn ask(world: &World, body: &str) -> Result<(), VerifyError> {
    world.network.answer(ENDPOINT, body);
    let verified = verifier(world).verify("opaque-1").await;
    verified.map(|token| assert_eq!(token.subject.as_deref(), Some("user-1")))
}

#[tokio::test]
async fn a_signed_answer_is_asked_for_and_verified() {
    let world = World::new();
    world.network.set_header(ENDPOINT, "content-type", JWT);
    for aud in [json!("api"), json!(AUDIENCE), json!(["x", "api"])] {
        let good = answer(&world.key, Typ::INTROSPECTION, &json!({ "aud": aud }));
        ask(&world, &good).await.unwrap();
    }
    assert_eq!(world.network.last_to(ENDPOINT).headers()["accept"], JWT);
    let inactive = json!({ "token_introspection": { "active": false } });
    let inactive = answer(&world.key, Typ::INTROSPECTION, &inactive);
    let verdict = ask(&world, &inactive).await;
    assert!(matches!(verdict, Err(VerifyError::Inactive)));
}

/// The claims of the token are checked as those of a plain answer.
#[tokio::test]
async fn a_signed_answer_about_a_token_for_others_helps_nobody() {
    let world = World::new();
    world.network.set_header(ENDPOINT, "content-type", JWT);
    for (changes, expired) in [
        (json!({ "aud": "https://other.example.com" }), false),
        (json!({ "exp": START }), true),
    ] {
        let changes = json!({ "token_introspection": active(&changes) });
        let verdict = ask(&world, &answer(&world.key, Typ::INTROSPECTION, &changes)).await;
        match verdict.unwrap_err() {
            VerifyError::Expired => assert!(expired),
            VerifyError::WrongAudience => assert!(!expired),
            other => panic!("{other}"),
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_not_signed_for_this_resource_decides_nothing() {
    let world = World::new();
    world.network.set_header(ENDPOINT, "content-type", JWT);
    let sign = |changes: Value| answer(&world.key, Typ::INTROSPECTION, &changes);
    let good = sign(json!({}));
    let payload = good.split('.').nth(1).unwrap();
    let none = base64url::encode(json!({ "alg": "none", "typ": JWT }).to_string());
    let forged = answer(&new_key("key-1"), Typ::INTROSPECTION, &json!({}));
    for bad in [
        String::new(),
        active(&json!({})).to_string(),
        format!("{none}.{payload}."),
        forged,
        answer(&new_key("key-2"), Typ::INTROSPECTION, &json!({})),
        answer(&world.key, Typ::ACCESS_TOKEN, &json!({})),
        answer(&world.key, Typ::JWT, &json!({})),
        sign(json!({ "aud": "another-api" })),
        sign(json!({ "iss": "https://other.example.com" })),
        sign(json!({ "token_introspection": null })),
        sign(json!({ "token_introspection": { "active": "true" } })),
        sign(json!({ "iat": null })),
        // An answer of yesterday, about a token that was revoked since.
        sign(json!({ "iat": START - 61 })),
        sign(json!({ "iat": START + 61 })),
    ] {
        assert!(ask(&world, &bad).await.unwrap_err().is_undecided(), "{bad}");
    }
    ask(&world, &good).await.unwrap();
}

/// RFC 9701 section 8.2: an answer without a signature is no answer.
#[tokio::test]
async fn a_plain_answer_is_refused_where_signed_ones_are_required() {
    let world = World::new();
    let good = answer(&world.key, Typ::INTROSPECTION, &json!({}));
    for content_type in ["application/json", "application/jwt", "text/plain"] {
        world
            .network
            .set_header(ENDPOINT, "content-type", content_type);
        for body in [active(&json!({})).to_string(), good.clone()] {
            assert!(ask(&world, &body).await.unwrap_err().is_undecided());
        }
    }
    let spelled = "Application/Token-Introspection+JWT; charset=us-ascii";
    world.network.set_header(ENDPOINT, "content-type", spelled);
    ask(&world, &good).await.unwrap();
}

#[tokio::test]
async fn a_new_key_of_the_issuer_is_found() {
    let world = World::new();
    world.network.set_header(ENDPOINT, "content-type", JWT);
    let verifier = verifier(&world);
    let first = answer(&world.key, Typ::INTROSPECTION, &json!({}));
    world.network.answer(ENDPOINT, first);
    verifier.verify("opaque-1").await.unwrap();
    let next = new_key("key-2");
    world.publish([&next]);
    world.clock.advance(31);
    let changes = json!({ "iat": START + 31 });
    world
        .network
        .answer(ENDPOINT, answer(&next, Typ::INTROSPECTION, &changes));
    verifier.verify("opaque-2").await.unwrap();
    assert_eq!(world.network.count(JWKS), 2);
}

#[tokio::test]
async fn the_metadata_of_the_issuer_names_the_keys_too() {
    let world = World::new();
    world.network.set_header(ENDPOINT, "content-type", JWT);
    let metadata = |jwks_uri: Option<&str>| json!({ "issuer": ISSUER, "introspection_endpoint": ENDPOINT, "jwks_uri": jwks_uri });
    let good = answer(&world.key, Typ::INTROSPECTION, &json!({}));
    world.network.answer(ENDPOINT, good);
    for (jwks_uri, is_good) in [(Some(JWKS), true), (None, false)] {
        world.network.answer(METADATA, metadata(jwks_uri));
        let verifier = Verifier::discover(ISSUER)
            .audience(AUDIENCE)
            .client(client())
            .introspection_signed_response()
            .transport(world.network.clone())
            .clock(world.clock.clone())
            .build()
            .unwrap();
        assert_eq!(verifier.verify("opaque-1").await.is_ok(), is_good);
    }
}

/// The keys are for the answers; tokens are introspected, whatever their form.
#[tokio::test]
async fn jwts_are_introspected_too() {
    let world = World::new();
    world.network.set_header(ENDPOINT, "content-type", JWT);
    let good = answer(&world.key, Typ::INTROSPECTION, &json!({}));
    world.network.answer(ENDPOINT, good);
    verifier(&world).verify(&world.token()).await.unwrap();
    assert_eq!(world.network.count(ENDPOINT), 1);
}

#[test]
fn what_signed_answers_need_is_named() {
    let transport = World::new().network;
    let endpoint = Verifier::introspection(ENDPOINT, client()).transport(transport.clone());
    for (builder, problem) in [
        (endpoint, "needs \"issuer\" and \"jwks_uri\""),
        (
            Verifier::jwt(ISSUER, JWKS, AUDIENCE).transport(transport),
            "is for an introspection endpoint",
        ),
    ] {
        let error = builder.introspection_signed_response().build().unwrap_err();
        assert!(error.to_string().contains(problem), "{error}");
    }
}
