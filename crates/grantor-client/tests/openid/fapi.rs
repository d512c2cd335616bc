//! Answers of the authorization endpoint and of the token endpoint, as the tests of FAPI 2.0 for clients
//! change them.

use grantor_core::TokenEndpointAuthMethod;
use grantor_testkit::Endpoint;
use serde_json::json;
use url::Url;

use crate::provider::{CALLBACK, builder, flow, sign_in, world};

/// The error of a sign-in whose redirect was changed on the way; nothing was sent to the server.
async fn changed(change: impl Fn(&str) -> String) -> String {
    let world = world();
    let flow = flow(&world);
    let started = flow.start().await.unwrap();
    let redirect = world.server.approve(&started.url);
    let query = change(redirect.query().unwrap());
    let error = flow.finish(started.pending, &query).await.unwrap_err();
    assert_eq!(world.server.token_requests(), 0);
    error.to_string()
}

fn without(query: &str, name: &str) -> String {
    let url = Url::parse(&format!("{CALLBACK}?{query}")).unwrap();
    let kept = url.query_pairs().filter(|(known, _)| known != name);
    let mut changed = Url::parse(CALLBACK).unwrap();
    changed.query_pairs_mut().extend_pairs(kept);
    changed.query().unwrap_or_default().to_owned()
}

/// RFC 9207 section 2.4.
#[tokio::test(start_paused = true)]
async fn fapi2_security_profile_final_client_test_invalid_authorization_response_iss() {
    let other = |query: &str| format!("{}&iss=https://other.example", without(query, "iss"));
    assert!(changed(other).await.contains("\"iss\""));
}

/// RFC 9207 section 2.4: the metadata says that the server names itself.
#[tokio::test(start_paused = true)]
async fn fapi2_security_profile_final_client_test_remove_authorization_response_iss() {
    assert!(
        changed(|query| without(query, "iss"))
            .await
            .contains("\"iss\"")
    );
}

/// RFC 9700 section 4.7.
#[tokio::test(start_paused = true)]
async fn fapi2_security_profile_final_client_test_ensure_authorization_response_with_invalid_state_fails()
 {
    let other = |query: &str| format!("{}&state=another", without(query, "state"));
    assert!(changed(other).await.contains("\"state\""));
}

#[tokio::test(start_paused = true)]
async fn fapi2_security_profile_final_client_test_ensure_authorization_response_with_invalid_missing_state_fails()
 {
    assert!(
        changed(|query| without(query, "state"))
            .await
            .contains("\"state\"")
    );
}

/// RFC 6749 section 5.1: "Value is case insensitive".
#[tokio::test(start_paused = true)]
async fn fapi2_security_profile_final_client_test_token_type_case_insensitivity() {
    let world = world();
    world.server.set_extra("token_type", json!("bEARER"));
    let signed_in = sign_in(&world, &flow(&world)).await.unwrap();
    assert_eq!(world.call(&signed_in.tokens).await.status(), 200);
}

/// RFC 6749 section 5.1: `expires_in` is only recommended.
#[tokio::test(start_paused = true)]
async fn fapi2_security_profile_final_client_test_token_endpoint_response_without_expires_in() {
    let world = world();
    world.server.set_lifetime(None);
    let signed_in = sign_in(&world, &flow(&world)).await.unwrap();
    assert_eq!(world.call(&signed_in.tokens).await.status(), 200);
}

/// OpenID Connect Core section 9.
#[tokio::test(start_paused = true)]
async fn oidcc_client_test_client_secret_basic() {
    let world = world();
    world.server.require_client("app", "s3cret");
    world
        .server
        .set_auth_methods(&[TokenEndpointAuthMethod::ClientSecretBasic]);
    let builder = builder().client_secret("s3cret");
    let flow = world.here(builder).code_flow(CALLBACK).unwrap();
    assert!(sign_in(&world, &flow).await.is_ok());
    let sent = world.server.requests(Endpoint::Token);
    let header = sent[0].request().headers()["authorization"].clone();
    assert!(header.to_str().unwrap().starts_with("Basic "));
}
