//! Answers of the authorization endpoint and of the token endpoint, as the tests of FAPI 2.0 for clients
//! change them.

use grantor_client::{Assertion, Dpop, Tokens};
use grantor_core::{ClientMetadata, TokenEndpointAuthMethod};
use grantor_jose::{Algorithm, Key};
use grantor_testkit::{Endpoint, Fault, ScriptedAnswer};
use serde_json::json;
use url::Url;

use crate::provider::{CALLBACK, builder, flow, sign_in, world};
use crate::support::ISSUER;

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

/// The profile as a whole: a pushed request, a client with a key, PKCE, bound tokens, the issuer named.
async fn profile(nonces: bool) {
    let world = world();
    world.server.require_pushed_requests();
    world.server.require_dpop();
    if nonces {
        world.server.require_dpop_nonces();
    }
    let methods = json!(["private_key_jwt"]);
    let member = "token_endpoint_auth_methods_supported";
    world.server.set_metadata_member(member, methods);
    let key = Key::generate(Algorithm::Ps256).unwrap();
    let builder = builder().client_assertion(Assertion::new(key));
    let builder = world.here(builder.dpop(Dpop::generated()));
    let flow = builder.code_flow(CALLBACK).unwrap();
    let signed_in = sign_in(&world, &flow).await.unwrap();
    assert_eq!(world.call(&signed_in.tokens).await.status(), 200);
    let pushed = &world.server.requests(Endpoint::PushedAuthorization)[0];
    for name in [
        "client_assertion",
        "code_challenge",
        "nonce",
        "state",
        "redirect_uri",
    ] {
        assert!(pushed.parameter(name).is_some(), "{name}");
    }
    assert_eq!(pushed.parameter("response_type").as_deref(), Some("code"));
}

#[tokio::test(start_paused = true)]
async fn fapi2_security_profile_final_client_test_happy_path() {
    profile(true).await;
}

#[tokio::test(start_paused = true)]
async fn fapi2_security_profile_final_client_test_happy_path_no_dpop_nonce() {
    profile(false).await;
}

/// RFC 9110 section 11.1: the name of a scheme is the same in any case.
#[tokio::test(start_paused = true)]
async fn fapi2_security_profile_final_client_test_rs_dpop_auth_scheme_case_insensitivity() {
    for scheme in ["DPoP", "dpop", "DPOP", "dPoP"] {
        let world = world();
        let builder = world.here(builder().dpop(Dpop::generated()));
        let flow = builder.code_flow(CALLBACK).unwrap();
        let signed_in = sign_in(&world, &flow).await.unwrap();
        let challenge = ScriptedAnswer::new(401)
            .header(
                "www-authenticate",
                &format!("{scheme} error=\"use_dpop_nonce\""),
            )
            .header("dpop-nonce", "n1");
        world
            .server
            .fail_next_at(Endpoint::Api, Fault::Answer(challenge));
        assert_eq!(
            world.call(&signed_in.tokens).await.status(),
            200,
            "{scheme}"
        );
        assert_eq!(world.server.count(Endpoint::Api), 2);
    }
}

/// OpenID Connect Registration: a client that nobody registered signs its users in.
#[tokio::test(start_paused = true)]
async fn oidcc_client_test_dynamic_registration() {
    let world = world();
    let registrar = world.here(Tokens::login(ISSUER, "")).registrar().unwrap();
    let mut metadata = ClientMetadata::default();
    metadata.redirect_uris = vec![CALLBACK.parse().unwrap()];
    let client = registrar.register(&metadata).await.unwrap();
    let builder = Tokens::login(ISSUER, &client.client_id).scope("openid");
    let builder = builder.client_secret(client.client_secret.unwrap());
    let flow = world.here(builder).code_flow(CALLBACK).unwrap();
    assert!(sign_in(&world, &flow).await.is_ok());
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
