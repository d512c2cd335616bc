//! The claims of an ID token (OpenID Connect Core sections 2 and 3.1.3.7).

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::provider::{CALLBACK, builder, flow, refusal, set, sign_in, unset, world};

/// OpenID Connect Core section 3.1: the happy path, with UserInfo.
#[tokio::test(start_paused = true)]
async fn oidcc_client_test() {
    let world = world();
    let flow = flow(&world);
    let signed_in = sign_in(&world, &flow).await.unwrap();
    let id_token = signed_in.id_token.as_ref().unwrap();
    assert_eq!(id_token.subject(), "user-1");
    let tokens = &signed_in.tokens;
    let user = flow.user_info(tokens, id_token.subject()).await.unwrap();
    assert_eq!(user.text("name"), Some("A User"));
    // For a logout later.
    let kept = tokens.get().await.unwrap();
    assert_eq!(kept.extra["id_token"], signed_in.extra["id_token"]);
    assert!(!format!("{signed_in:?}").contains("user-1"));
}

async fn refused(change: impl Fn(&mut Map<String, Value>) + Send + Sync + 'static) -> String {
    let world = world();
    world.server.change_id_tokens(change);
    refusal(&world, &flow(&world)).await
}

async fn with(name: &'static str, value: Value) -> String {
    refused(set(name, value)).await
}

async fn without(name: &'static str) -> String {
    refused(unset(name)).await
}

/// OpenID Connect Core section 3.1.3.7 step 2.
#[tokio::test(start_paused = true)]
async fn oidcc_client_test_invalid_iss() {
    let message = with("iss", json!("https://idp.example/")).await;
    assert!(message.contains("\"iss\""), "{message}");
}

/// OpenID Connect Core section 2.
#[tokio::test(start_paused = true)]
async fn oidcc_client_test_missing_sub() {
    let message = without("sub").await;
    assert!(message.contains("\"sub\" is missing"), "{message}");
}

/// OpenID Connect Core section 3.1.3.7 step 3.
#[tokio::test(start_paused = true)]
async fn oidcc_client_test_invalid_aud() {
    let message = with("aud", json!("another")).await;
    assert!(message.contains("\"aud\""), "{message}");
}

/// OpenID Connect Core section 2.
#[tokio::test(start_paused = true)]
async fn oidcc_client_test_missing_aud() {
    let message = without("aud").await;
    assert!(message.contains("\"aud\" is missing"), "{message}");
}

/// OpenID Connect Core section 2.
#[tokio::test(start_paused = true)]
async fn oidcc_client_test_missing_iat() {
    let message = without("iat").await;
    assert!(message.contains("\"iat\" is missing"), "{message}");
}

/// OpenID Connect Core section 3.1.3.7 step 11.
#[tokio::test(start_paused = true)]
async fn oidcc_client_test_nonce_invalid() {
    let message = with("nonce", json!("another")).await;
    assert!(message.contains("\"nonce\""), "{message}");
}

/// OpenID Connect Core section 3.1.2.1: sent in every flow here, so that in the others too.
#[tokio::test(start_paused = true)]
async fn oidcc_client_test_nonce_unless_code_flow() {
    let world = world();
    let url = flow(&world).start().await.unwrap().url;
    let mut pairs = url.query_pairs();
    let (_, nonce) = pairs.find(|(name, _)| name == "nonce").unwrap();
    assert!(nonce.len() >= 22, "{nonce}");
}

/// OpenID Connect Core section 3.1.3.8.
#[tokio::test(start_paused = true)]
async fn oidcc_client_test_invalid_athash() {
    let message = with("at_hash", json!("AAAAAAAAAAAAAAAAAAAAAA")).await;
    assert!(message.contains("\"at_hash\""), "{message}");
}

/// OpenID Connect Core section 3.3.2.11: a hash of the code that is not needed must be right all the same.
#[tokio::test(start_paused = true)]
async fn oidcc_client_test_invalid_chash() {
    let message = with("c_hash", json!("AAAAAAAAAAAAAAAAAAAAAA")).await;
    assert!(message.contains("\"c_hash\""), "{message}");
}

/// FAPI 2.0 Security Profile, tests of the client.
#[tokio::test(start_paused = true)]
async fn fapi2_security_profile_final_client_test_invalid_secondary_aud() {
    let message = with("aud", json!(["app", "another"])).await;
    assert!(message.contains("\"aud\""), "{message}");
}

#[tokio::test(start_paused = true)]
async fn fapi2_security_profile_final_client_test_valid_aud_as_array() {
    let world = world();
    world.server.change_id_tokens(|claims| {
        claims.insert("aud".to_owned(), json!(["app"]));
    });
    assert!(sign_in(&world, &flow(&world)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn fapi2_security_profile_final_client_test_invalid_expired_exp() {
    let message = with("exp", json!(1)).await;
    assert!(message.contains("expired"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn fapi2_security_profile_final_client_test_invalid_missing_exp() {
    let message = without("exp").await;
    assert!(message.contains("\"exp\" is missing"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn fapi2_security_profile_final_client_test_invalid_missing_iss() {
    let message = without("iss").await;
    assert!(message.contains("\"iss\" is missing"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn fapi2_security_profile_final_client_test_invalid_missing_nonce() {
    let message = without("nonce").await;
    assert!(message.contains("\"nonce\" is missing"), "{message}");
}

/// OpenID Connect Core section 3.1.3.7 steps 12 and 13.
#[tokio::test(start_paused = true)]
async fn time_and_class_of_the_authentication_are_demanded() {
    let world = world();
    let recent = flow(&world).max_age(Duration::from_secs(300));
    let url = recent.start().await.unwrap().url;
    assert!(url.query().unwrap().contains("max_age=300"), "{url}");
    assert!(sign_in(&world, &recent).await.is_ok());
    let old = world.now().as_secs() - 1000;
    world.server.change_id_tokens(move |claims| {
        claims.insert("auth_time".to_owned(), old.into());
    });
    let message = refusal(&world, &recent).await;
    assert!(message.contains("\"max_age\""), "{message}");
    world.server.change_id_tokens(|claims| {
        claims.insert("acr".to_owned(), json!("phr"));
    });
    let strong = flow(&world).require_acr(["phrh", "phr"]);
    let url = strong.start().await.unwrap().url;
    assert!(
        url.query().unwrap().contains("acr_values=phrh+phr"),
        "{url}"
    );
    assert!(sign_in(&world, &strong).await.is_ok());
    let message = refusal(&world, &flow(&world).require_acr(["phrh"])).await;
    assert!(message.contains("\"acr\""), "{message}");
}

/// A sign-in that is refused stores no login, and nothing of the token is in the message.
#[tokio::test(start_paused = true)]
async fn a_refused_sign_in_leaves_no_login() {
    let world = world();
    world.server.omit("id_token");
    let message = refusal(&world, &flow(&world)).await;
    assert!(message.contains("no ID token"), "{message}");
    let tokens = world.here(builder()).build().unwrap();
    assert!(tokens.get().await.unwrap_err().needs_login());
}

/// Without `openid` nothing of OpenID Connect is asked for or checked.
#[tokio::test(start_paused = true)]
async fn without_the_scope_openid_there_is_no_id_token() {
    let world = world();
    let plain = grantor_client::Tokens::login(crate::support::ISSUER, "app").scope("read");
    let flow = world.here(plain).code_flow(CALLBACK).unwrap();
    let url = flow.start().await.unwrap().url;
    assert!(!url.query().unwrap().contains("nonce"), "{url}");
    let signed_in = sign_in(&world, &flow).await.unwrap();
    assert!(signed_in.id_token.is_none());
    assert_eq!(world.server.key_requests(), 0);
}

/// A client that is trusted by name may be a second audience.
#[tokio::test(start_paused = true)]
async fn a_trusted_client_may_be_named() {
    let world = world();
    world.server.change_id_tokens(|claims| {
        claims.insert("aud".to_owned(), json!(["app", "phone"]));
        claims.insert("azp".to_owned(), json!("phone"));
    });
    let builder = builder().trust_client("phone");
    let flow = world.here(builder).code_flow(CALLBACK).unwrap();
    assert!(sign_in(&world, &flow).await.is_ok());
}
