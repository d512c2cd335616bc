//! Providers, browsers and strangers who try more than the conformance suite does.

use bytes::Bytes;
use grantor_jose::jwt::Typ;
use grantor_jose::{Algorithm, Key, KeySet, base64url};
use grantor_testkit::Endpoint;
use http::{Response, header};
use serde_json::{Value, json};

use crate::provider::{flow, refusal, reissue, sign_in, signed_by_hand, world};

/// A key that a token brings along proves nothing (RFC 8725 section 3.10).
#[tokio::test(start_paused = true)]
async fn keys_that_a_token_names_itself_are_not_used() {
    for place in ["jwk", "jku", "x5u", "x5c"] {
        let world = world();
        let key = Key::generate(Algorithm::Rs256).unwrap();
        let public = serde_json::to_value(key.public().unwrap()).unwrap();
        let own = match place {
            "jwk" => public,
            "x5c" => json!([base64url::encode("certificate")]),
            _ => json!("https://evil.example/keys"),
        };
        let header = json!({"alg": "RS256", place: own});
        reissue(&world, move |claims| signed_by_hand(&key, &header, claims));
        let before = world.server.key_requests();
        refusal(&world, &flow(&world)).await;
        assert!(world.server.key_requests() <= before + 2);
    }
}

/// The public key of the provider is no secret of HMAC (RFC 8725 section 2.1).
#[tokio::test(start_paused = true)]
async fn a_public_key_is_no_secret() {
    let world = world();
    let key = Key::generate(Algorithm::Rs256).unwrap();
    world.server.sign_id_tokens_with(key);
    reissue(&world, move |claims| {
        let forger = Key::from_secret(Algorithm::Hs256, &[7; 32]).unwrap();
        signed_by_hand(&forger, &json!({"alg": "HS256"}), claims)
    });
    let message = refusal(&world, &flow(&world)).await;
    assert!(message.contains("\"alg\""), "{message}");
}

#[tokio::test(start_paused = true)]
async fn an_id_token_of_an_earlier_sign_in_is_refused() {
    let world = world();
    let flow = flow(&world);
    let earlier = sign_in(&world, &flow).await.unwrap();
    let earlier = earlier.extra["id_token"].as_str().unwrap().to_owned();
    reissue(&world, move |_| earlier.clone());
    let message = refusal(&world, &flow).await;
    assert!(message.contains("\"nonce\""), "{message}");
}

/// A logout token has the issuer, the audience and the key of an ID token.
#[tokio::test(start_paused = true)]
async fn a_logout_token_signs_nobody_in() {
    let world = world();
    let server = world.server.clone();
    reissue(&world, move |claims| {
        let mut claims = Value::Object(claims.clone());
        claims["events"] = json!({"http://schemas.openid.net/event/backchannel-logout": {}});
        server.signed(Typ::LOGOUT_TOKEN, &claims)
    });
    refusal(&world, &flow(&world)).await;
}

#[tokio::test(start_paused = true)]
async fn long_tokens_and_long_lists_of_keys_are_read_or_refused() {
    let world = world();
    world.server.change_id_tokens(|claims| {
        claims.insert("x".to_owned(), json!("x".repeat(200_000)));
    });
    let message = refusal(&world, &flow(&world)).await;
    assert!(message.contains("larger than allowed"), "{message}");
    world.server.change_id_tokens(|_| {});
    assert!(sign_in(&world, &flow(&world)).await.is_ok());
    let own = Key::generate(Algorithm::EdDsa).unwrap();
    let many = (0..2000).map(|_| Key::generate(Algorithm::EdDsa).unwrap());
    let many: KeySet = many.filter_map(|key| key.public().cloned()).collect();
    world.server.publish_keys(many);
    world.advance(4000);
    reissue(&world, move |claims| {
        signed_by_hand(&own, &json!({"alg": "EdDSA"}), claims)
    });
    refusal(&world, &flow(&world)).await;
}

/// The access token follows no redirect.
#[tokio::test(start_paused = true)]
async fn user_info_follows_no_redirect() {
    let world = world();
    let flow = flow(&world);
    let signed_in = sign_in(&world, &flow).await.unwrap();
    for status in [301, 302, 303, 307, 308] {
        world.server.answer_user_info_with(move |_| {
            let answer = Response::builder().status(status);
            let answer = answer.header(header::LOCATION, "https://evil.example/user_info");
            answer.body(Bytes::new()).unwrap()
        });
        let asked = world.server.count(Endpoint::UserInfo);
        let error = flow.user_info(&signed_in.tokens, "user-1").await;
        assert!(error.unwrap_err().is_refused());
        assert_eq!(world.server.count(Endpoint::UserInfo), asked + 1);
    }
}
