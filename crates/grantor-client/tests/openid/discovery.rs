//! Metadata and keys of a provider (OpenID Connect Discovery).

use grantor_client::{Server, Tokens};
use grantor_testkit::Endpoint;
use serde_json::json;

use crate::provider::{CALLBACK, flow, sign_in, world};
use crate::support::ISSUER;

#[tokio::test(start_paused = true)]
async fn oidcc_client_test_discovery_openid_config() {
    let world = world();
    assert!(sign_in(&world, &flow(&world)).await.is_ok());
    let fetched = world.server.requests(Endpoint::Metadata);
    assert_eq!(fetched.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn oidcc_client_test_discovery_jwks_uri_keys() {
    let world = world();
    assert!(sign_in(&world, &flow(&world)).await.is_ok());
    assert_eq!(world.server.key_requests(), 1);
}

/// OpenID Connect Discovery section 4.3.
#[tokio::test(start_paused = true)]
async fn oidcc_client_test_discovery_issuer_mismatch() {
    let world = world();
    world
        .server
        .set_metadata_member("issuer", json!("https://other.example"));
    let error = flow(&world).start().await.unwrap_err();
    assert!(
        error.to_string().contains("https://other.example"),
        "{error}"
    );
}

/// Values that nobody knows never break discovery.
#[tokio::test(start_paused = true)]
async fn unknown_values_in_metadata_are_passed_over() {
    let world = world();
    for (name, value) in [
        (
            "id_token_signing_alg_values_supported",
            json!(["RS256", "XY1"]),
        ),
        ("response_types_supported", json!(["code", "magic"])),
        ("subject_types_supported", json!(["pairwise", "odd"])),
        ("claims_parameter_supported", json!("perhaps")),
        ("acr_values_supported", json!([1, 2])),
    ] {
        world.server.set_metadata_member(name, value);
    }
    assert!(sign_in(&world, &flow(&world)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn missing_keys_are_named() {
    let world = world();
    world.server.set_metadata_member("jwks_uri", json!(null));
    let error = sign_in(&world, &flow(&world)).await.unwrap_err();
    assert!(error.to_string().contains("\"jwks_uri\""), "{error}");
    let mut server = Server::issuer(ISSUER);
    server.endpoints.jwks = Some(format!("{ISSUER}/jwks"));
    let builder = Tokens::login(server, "app").scope("openid");
    let flow = world.here(builder).code_flow(CALLBACK).unwrap();
    assert!(sign_in(&world, &flow).await.is_ok());
}

/// The issuer of Microsoft's `common`: a template in the metadata, the tenant in the token.
#[tokio::test(start_paused = true)]
async fn an_issuer_of_any_tenant_is_a_named_option() {
    let tenant = "0f3c9a1e-0000-4000-8000-00000000000a";
    let world = world();
    let template = format!("{ISSUER}/{{tenantid}}/v2.0");
    world.server.set_metadata_member("issuer", json!(template));
    world.server.set_metadata_member(
        "authorization_response_iss_parameter_supported",
        json!(null),
    );
    world.server.change_id_tokens(move |claims| {
        claims.insert("iss".to_owned(), json!(format!("{ISSUER}/{tenant}/v2.0")));
        claims.insert("tid".to_owned(), json!(tenant));
    });
    let at = format!("{ISSUER}/.well-known/openid-configuration");
    let server = Server::issuer(template).metadata_at(at);
    let builder = || Tokens::login(server.clone(), "app").scope("openid");
    let common = world.here(builder().danger_any_tenant());
    let common = common.code_flow(CALLBACK).unwrap();
    // Such a server sends no "iss", which would be that of a tenant.
    let started = common.start().await.unwrap();
    let redirect = world.server.approve(&started.url);
    let without_issuer = redirect.query().unwrap().split("&iss=").next().unwrap();
    let signed_in = common
        .finish(started.pending, without_issuer)
        .await
        .unwrap();
    assert_eq!(signed_in.id_token.unwrap().text("tid"), Some(tenant));
    let strict = world.here(builder()).code_flow(CALLBACK).unwrap();
    let started = strict.start().await.unwrap();
    let redirect = world.server.approve(&started.url);
    let without_issuer = redirect.query().unwrap().split("&iss=").next().unwrap();
    assert!(
        strict
            .finish(started.pending, without_issuer)
            .await
            .is_err()
    );
}
