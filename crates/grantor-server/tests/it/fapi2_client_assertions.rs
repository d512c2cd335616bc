//! The modules of the OpenID Foundation's plan `fapi2-security-profile-final-test-plan` that are about
//! client assertions, under their own names, in the variant without OpenID.

use grantor_jose::{Algorithm, Key};
use http::StatusCode;
use serde_json::{Value, json};

use crate::support::assertion::{Signing, request};
use crate::support::{APP, Ask, Code, Fixture, ISSUER, Reply, Who};

const SIGNING: Who = Who {
    id: "signing",
    ..APP
};

/// A server with the algorithms of FAPI 2.0 section 5.4, and a client of it.
async fn stage() -> (Fixture, Signing) {
    let fixture = Fixture::with(|config| {
        config.client_assertion_algorithms =
            vec![Algorithm::Ps256, Algorithm::Es256, Algorithm::EdDsa];
        config.require_pushed_authorization_requests = false;
    })
    .await;
    let key = Key::generate(Algorithm::Es256).unwrap();
    let app = Signing::register(&fixture, SIGNING.id, key).await;
    (fixture, app)
}

/// Pushes an authorization request with an assertion that has another claim.
async fn push(claim: &str, value: Value) -> Reply {
    let (fixture, app) = stage().await;
    let assertion = app.sign(&app.claims_with(&fixture, claim, value));
    let ask = Ask::new(SIGNING);
    let pairs = ask.pairs.iter().map(|(n, v)| (n.as_str(), v.as_str()));
    let pairs: Vec<_> = pairs.collect();
    fixture.send(request("/par", &assertion, &pairs)).await
}

/// Redeems a code with an assertion that has another claim.
async fn redeem(claim: &str, value: Value) -> Reply {
    let (fixture, app) = stage().await;
    let code = fixture.code(SIGNING).await;
    let assertion = app.sign(&app.claims_with(&fixture, claim, value));
    redeem_with(&fixture, &assertion, &code).await
}

async fn redeem_with(fixture: &Fixture, assertion: &str, code: &Code) -> Reply {
    fixture
        .send(request("/token", assertion, &code.pairs()))
        .await
}

fn now() -> i64 {
    grantor_core::Clock::now(&crate::support::FakeClock::new()).as_secs()
}

#[tokio::test]
async fn fapi2_security_profile_final_ensure_signed_client_assertion_with_rs256_fails() {
    let (fixture, _) = stage().await;
    let key = Key::generate(Algorithm::Rs256).unwrap();
    let app = Signing::register(&fixture, "rs256", key).await;
    let who = Who { id: "rs256", ..APP };
    let code = fixture.code(who).await;
    let reply = redeem_with(&fixture, &app.assertion(&fixture), &code).await;
    reply.assert_error(401, "invalid_client");
}

#[tokio::test]
async fn fapi2_security_profile_final_ensure_client_assertion_in_token_endpoint() {
    let (fixture, _) = stage().await;
    let code = fixture.code(SIGNING).await;
    let public = Who {
        secret: None,
        ..SIGNING
    };
    let reply = fixture.redeem(public, &code).await;
    reply.assert_error(401, "invalid_client");
}

#[tokio::test]
async fn fapi2_security_profile_final_ensure_client_assertion_with_exp_is_5_minutes_in_past_fails()
{
    let reply = redeem("exp", json!(now() - 300)).await;
    reply.assert_error(401, "invalid_client");
}

#[tokio::test]
async fn fapi2_security_profile_final_ensure_client_assertion_with_wrong_aud_fails() {
    let reply = redeem("aud", json!("https://other.example")).await;
    reply.assert_error(401, "invalid_client");
}

#[tokio::test]
async fn fapi2_security_profile_final_ensure_client_assertion_with_no_sub_fails() {
    redeem("sub", Value::Null)
        .await
        .assert_error(401, "invalid_client");
}

#[tokio::test]
async fn fapi2_security_profile_final_ensure_client_id_in_token_endpoint() {
    let (fixture, app) = stage().await;
    let key = Key::generate(Algorithm::Es256).unwrap();
    Signing::register(&fixture, "second", key).await;
    let code = fixture.code(SIGNING).await;
    let mut pairs = code.pairs();
    pairs.push(("client_id", "second"));
    let reply = fixture
        .send(request("/token", &app.assertion(&fixture), &pairs))
        .await;
    reply.assert_error(400, "invalid_request");
}

#[tokio::test]
async fn fapi2_security_profile_final_ensure_authorization_code_is_bound_to_client() {
    let (fixture, _) = stage().await;
    let key = Key::generate(Algorithm::Es256).unwrap();
    let second = Signing::register(&fixture, "second", key).await;
    let code = fixture.code(SIGNING).await;
    let reply = redeem_with(&fixture, &second.assertion(&fixture), &code).await;
    reply.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn fapi2_security_profile_final_par_ensure_jwt_client_assertions_nbf_8_seconds_in_the_future_is_accepted()
 {
    let reply = push("nbf", json!(now() + 8)).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{reply:?}");
}

#[tokio::test]
async fn fapi2_security_profile_final_par_ensure_jwt_client_assertions_nbf_over_60_seconds_in_the_future_fails()
 {
    for claim in ["nbf", "iat"] {
        let reply = push(claim, json!(now() + 61)).await;
        reply.assert_error(401, "invalid_client");
    }
}

/// The array has another audience besides the issuer. An array of the issuer alone says what the string
/// says, and is taken (draft-ietf-oauth-rfc7523bis section 4).
#[tokio::test]
async fn fapi2_security_profile_final_par_test_array_as_audience_fails() {
    let both = json!([ISSUER, "https://other.example"]);
    push("aud", both).await.assert_error(401, "invalid_client");
}

#[tokio::test]
async fn fapi2_security_profile_final_par_test_par_endpoint_url_as_audience_fails() {
    let reply = push("aud", json!(format!("{ISSUER}/par"))).await;
    reply.assert_error(401, "invalid_client");
}

#[tokio::test]
async fn fapi2_security_profile_final_par_test_token_endpoint_url_as_audience_fails() {
    let reply = push("aud", json!(format!("{ISSUER}/token"))).await;
    reply.assert_error(401, "invalid_client");
}
