//! The UserInfo endpoint (OpenID Connect Core section 5.3).

use bytes::Bytes;
use grantor_client::CodeFlow;
use grantor_jose::jwt::Typ;
use grantor_testkit::{Endpoint, answer};
use http::{Response, header};
use serde_json::json;

use crate::provider::{flow, sign_in, world};
use crate::support::{ISSUER, World};

async fn signed_in(world: &World) -> (CodeFlow, grantor_client::Tokens) {
    let flow = flow(world);
    let signed_in = sign_in(world, &flow).await.unwrap();
    (flow, signed_in.tokens)
}

/// OpenID Connect Core section 5.3.2.
#[tokio::test(start_paused = true)]
async fn oidcc_client_test_userinfo_invalid_sub() {
    let world = world();
    world
        .server
        .answer_user_info_with(|_| answer::json(200, &json!({"sub": "user-2", "name": "B"})));
    let (flow, tokens) = signed_in(&world).await;
    let error = flow.user_info(&tokens, "user-1").await.unwrap_err();
    assert!(error.is_refused(), "{error:?}");
    let message = error.to_string();
    assert!(
        message.contains("\"sub\"") && !message.contains("user-2"),
        "{message}"
    );
}

/// OpenID Connect Core section 5.4.
#[tokio::test(start_paused = true)]
async fn oidcc_client_test_scope_userinfo_claims() {
    let world = world();
    world.server.answer_user_info_with(|_| {
        let claims = json!({"sub": "user-1", "email": "a@b.example", "email_verified": true});
        answer::json(200, &claims)
    });
    let (flow, tokens) = signed_in(&world).await;
    let user = flow.user_info(&tokens, "user-1").await.unwrap();
    assert_eq!(user.text("email"), Some("a@b.example"));
    assert_eq!(user.claims["email_verified"], true);
}

/// RFC 6750 section 2.1.
#[tokio::test(start_paused = true)]
async fn oidcc_client_test_userinfo_bearer_header() {
    let world = world();
    let (flow, tokens) = signed_in(&world).await;
    flow.user_info(&tokens, "user-1").await.unwrap();
    let asked = world.server.requests(Endpoint::UserInfo);
    let header = asked[0].request().headers()[header::AUTHORIZATION].clone();
    assert!(header.to_str().unwrap().starts_with("Bearer access-"));
}

/// OpenID Connect Core section 5.6.2: they are handed over as they are.
#[tokio::test(start_paused = true)]
async fn oidcc_client_test_aggregated_claims() {
    let world = world();
    world.server.answer_user_info_with(|_| {
        let claims = json!({
            "sub": "user-1", "_claim_names": {"address": "src1"},
            "_claim_sources": {"src1": {"JWT": "a.b.c"}},
        });
        answer::json(200, &claims)
    });
    let (flow, tokens) = signed_in(&world).await;
    let user = flow.user_info(&tokens, "user-1").await.unwrap();
    assert_eq!(user.claims["_claim_sources"]["src1"]["JWT"], "a.b.c");
}

#[tokio::test(start_paused = true)]
async fn oidcc_client_test_userinfo_signed() {
    let world = world();
    let server = world.server.clone();
    world.server.answer_user_info_with(move |_| {
        let claims = json!({"iss": ISSUER, "aud": "app", "sub": "user-1", "name": "Signed"});
        let token = server.signed(Typ::JWT, &claims);
        let mut answer = Response::new(Bytes::from(token));
        let value = "application/jwt".parse().unwrap();
        answer.headers_mut().insert(header::CONTENT_TYPE, value);
        answer
    });
    let (flow, tokens) = signed_in(&world).await;
    let user = flow.user_info(&tokens, "user-1").await.unwrap();
    assert_eq!(user.text("name"), Some("Signed"));
}

/// A token that the endpoint refuses is renewed, as at every API.
#[tokio::test(start_paused = true)]
async fn a_refused_token_is_renewed() {
    let world = world();
    let (flow, tokens) = signed_in(&world).await;
    world.server.revoke_access_tokens();
    assert!(flow.user_info(&tokens, "user-1").await.is_ok());
    assert_eq!(world.server.requests(Endpoint::UserInfo).len(), 2);
    world
        .server
        .answer_user_info_with(|_| answer::html(503, "later"));
    let error = flow.user_info(&tokens, "user-1").await.unwrap_err();
    assert!(error.is_transient(), "{error}");
}
