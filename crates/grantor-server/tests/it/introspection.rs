//! The introspection endpoint.

use grantor_jose::{Algorithm, base64url};
use grantor_server::AccessTokens;
use serde_json::json;

use crate::support::{
    API, APP, Ask, FILES, Fixture, MACHINE, OTHER, RESOURCE, SPA, Tokens, form_request,
};

#[tokio::test]
async fn a_token_is_shown_to_its_client_and_its_resource_server_only() {
    for kind in [AccessTokens::Opaque, AccessTokens::Jwt(Algorithm::EdDsa)] {
        let fixture = Fixture::with(|config| config.access_tokens = kind).await;
        let token = fixture.tokens(APP).await.access;
        for who in [APP, API] {
            let seen = fixture.introspect(who, &token).await;
            assert_eq!(seen["active"], true);
            assert_eq!(seen["aud"], RESOURCE);
            assert_eq!(seen["token_type"], "Bearer");
        }
        for who in [OTHER, MACHINE] {
            assert_eq!(
                fixture.introspect(who, &token).await,
                json!({"active": false})
            );
        }
        let elsewhere = fixture
            .code_for(APP, Ask::new(APP).with("resource", FILES))
            .await;
        let token = Tokens::of(&fixture.redeem(APP, &elsewhere).await).access;
        assert_eq!(
            fixture.introspect(API, &token).await,
            json!({"active": false})
        );
    }
}

#[tokio::test]
async fn a_refresh_token_is_shown_to_its_client_only_and_only_the_current_one() {
    let fixture = Fixture::with(|config| config.rotation = grantor_server::Rotation::Always).await;
    let first = fixture.tokens(APP).await;
    let seen = fixture.introspect(APP, &first.refresh).await;
    assert_eq!(
        (&seen["active"], &seen["client_id"]),
        (&json!(true), &json!("app"))
    );
    assert!(seen.get("token_type").is_none());
    for who in [API, OTHER] {
        assert_eq!(
            fixture.introspect(who, &first.refresh).await,
            json!({"active": false})
        );
    }
    fixture.refresh(APP, &first.refresh).await.assert_ok();
    assert_eq!(
        fixture.introspect(APP, &first.refresh).await,
        json!({"active": false})
    );
    // Looking at it was no use of it.
    fixture.refresh(APP, &first.refresh).await.assert_ok();
}

#[tokio::test]
async fn whoever_asks_has_to_prove_who_they_are() {
    let fixture = Fixture::new().await;
    let token = fixture.tokens(SPA).await.access;
    fixture
        .post("/introspect", SPA, &[("token", &token)])
        .await
        .assert_error(401, "invalid_client");
    let unauthenticated = form_request("/introspect", &format!("token={token}"));
    fixture
        .send(unauthenticated)
        .await
        .assert_error(401, "invalid_client");
    fixture
        .post("/introspect", API, &[])
        .await
        .assert_error(400, "invalid_request");
}

#[tokio::test]
async fn what_is_no_token_is_inactive() {
    let jwts = AccessTokens::Jwt(Algorithm::Es256);
    let fixture = Fixture::with(|config| config.access_tokens = jwts).await;
    let tokens = fixture.tokens(APP).await;
    let parts: Vec<&str> = tokens.access.split('.').collect();
    let header = base64url::encode(r#"{"alg":"none","typ":"at+jwt"}"#);
    let mut claims: serde_json::Value =
        serde_json::from_slice(&base64url::decode(parts[1]).unwrap()).unwrap();
    claims["scope"] = json!("read write");
    let changed = base64url::encode(claims.to_string());
    for token in [
        "x",
        "..",
        "a.b.c",
        "ga_",
        "gr_x",
        &"é.".repeat(3),
        &format!("{header}.{}.", parts[1]),
        &format!("{}.{changed}.{}", parts[0], parts[2]),
        &format!("{}.{}.", parts[0], parts[1]),
        &format!("{} ", tokens.access),
        &tokens.refresh[..tokens.refresh.len() - 1],
    ] {
        let reply = fixture.post("/introspect", APP, &[("token", token)]).await;
        assert_eq!(reply.assert_ok().text(), r#"{"active":false}"#, "{token}");
    }
}

#[tokio::test]
async fn a_jwt_of_a_machine_whose_clock_is_ahead_is_good_and_lives_no_longer() {
    let jwts = AccessTokens::Jwt(Algorithm::Es256);
    let fixture = Fixture::with(|config| config.access_tokens = jwts).await;
    let token = fixture.tokens(APP).await.access;
    fixture.clock.set_wall(-30_000);
    assert!(fixture.is_active(&token).await);
    fixture.clock.set_wall(330_000);
    assert!(!fixture.is_active(&token).await);
}
