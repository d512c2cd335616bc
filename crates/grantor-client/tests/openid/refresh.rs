//! The ID token of a renewal (OpenID Connect Core section 12.2).

use serde_json::json;

use crate::provider::{flow, sign_in, world};

#[tokio::test(start_paused = true)]
async fn oidcc_client_test_refresh_token() {
    let world = world();
    let flow = flow(&world);
    let signed_in = sign_in(&world, &flow).await.unwrap();
    world.advance(3601);
    let user = flow.user_info(&signed_in.tokens, "user-1").await;
    assert!(user.is_ok());
    // A renewal without an ID token keeps that of the login, for the logout.
    let kept = signed_in.tokens.get().await.unwrap().extra["id_token"].clone();
    world.server.omit("id_token");
    world.advance(3601);
    let renewed = signed_in.tokens.get().await.unwrap();
    assert_eq!(renewed.extra["id_token"], kept);
}

async fn refused(name: &'static str, value: &'static str) {
    let world = world();
    let signed_in = sign_in(&world, &flow(&world)).await.unwrap();
    world.server.change_id_tokens(move |claims| {
        claims.insert(name.to_owned(), json!(value));
    });
    world.advance(3601);
    let error = signed_in.tokens.get().await.unwrap_err();
    let message = error.to_string();
    assert!(
        message.contains(&format!("\"{name}\" is not that")),
        "{message}"
    );
    assert!(!message.contains(value), "{message}");
}

#[tokio::test(start_paused = true)]
async fn oidcc_client_test_refresh_token_invalid_issuer() {
    refused("iss", "https://other.example").await;
}

#[tokio::test(start_paused = true)]
async fn oidcc_client_test_refresh_token_invalid_sub() {
    refused("sub", "user-2").await;
}
