//! Requirements on the login of the user (RFC 9470), and refusals by handlers.

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use grantor_core::Scope;
use grantor_resource::{AccessToken, Protect, Refusal, protect};
use serde_json::{Value, json};

use crate::calls::*;
use crate::support::*;

fn router(layer: Protect) -> Router {
    Router::new()
        .route("/", get(|| async { "in" }))
        .layer(layer)
}

async fn ask(router: &Router, world: &World, changes: &Value) -> Answer {
    let header = format!("Bearer {}", world.token_with(changes));
    call(router, "GET", "/", &[("authorization", &header)]).await
}

#[tokio::test]
async fn a_login_of_another_kind_is_asked_for() {
    let world = World::new();
    let layer = protect(&world.jwt_verifier()).acr_values(["gold", "silver"]);
    let router = router(layer.scope("read"));
    for acr in [json!(null), json!("bronze"), json!(["gold"])] {
        let answer = ask(&router, &world, &json!({ "acr": acr })).await;
        let error = "insufficient_user_authentication";
        assert_eq!(answer.error(), (401, "Bearer", error));
        let challenge = &answer.challenges[0];
        assert_eq!(challenge.get("acr_values"), Some("gold silver"));
        assert_eq!(challenge.get("max_age"), None);
        assert_eq!(challenge.get("scope"), Some("read"));
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(body["error"], error);
    }
    for acr in ["gold", "silver"] {
        let answer = ask(&router, &world, &json!({ "acr": acr })).await;
        assert_eq!(answer.status, 200);
    }
}

#[tokio::test]
async fn a_login_that_is_too_old_is_asked_for_anew() {
    let world = World::new();
    let layer = protect(&world.jwt_verifier()).max_age(Duration::from_secs(300));
    let router = router(layer);
    for (auth_time, good) in [
        (json!(null), false),
        (json!("1760000000"), false),
        (json!(START - 301), false),
        (json!(START - 300), true),
        (json!(START as f64), true),
    ] {
        let answer = ask(&router, &world, &json!({ "auth_time": auth_time })).await;
        assert_eq!(answer.status == 200, good, "{auth_time}");
        if !good {
            let challenge = &answer.challenges[0];
            assert_eq!(challenge.get("max_age"), Some("300"));
            assert_eq!(challenge.get("acr_values"), None);
        }
    }
}

/// One login brings both, so the first challenge names both.
#[tokio::test]
async fn a_login_that_lacks_scope_too_is_told_both() {
    let world = World::new();
    let layer = protect(&world.jwt_verifier()).acr_values(["gold"]);
    let router = router(layer.scope("write"));
    let answer = ask(&router, &world, &json!({})).await;
    let error = "insufficient_user_authentication";
    assert_eq!(answer.error(), (401, "Bearer", error));
    assert_eq!(answer.challenges[0].get("scope"), Some("write"));
}

#[tokio::test]
async fn an_introspected_token_says_how_its_user_was_authenticated() {
    let world = World::new();
    let layer = protect(&world.introspecting_verifier())
        .acr_values(["gold"])
        .max_age(Duration::from_secs(60));
    let router = router(layer);
    for (token, changes, status) in [
        ("o1", json!({ "acr": "gold", "auth_time": START - 10 }), 200),
        ("o2", json!({ "acr": "gold", "auth_time": START - 61 }), 401),
        ("o3", json!({ "acr": "lead", "auth_time": START - 10 }), 401),
        ("o4", json!({}), 401),
    ] {
        world.network.answer(ENDPOINT, active(&changes));
        let header = format!("Bearer {token}");
        let answer = call(&router, "GET", "/", &[("authorization", &header)]).await;
        assert_eq!(answer.status, status, "{changes}");
    }
}

/// Handlers that find out late what a request needs, as those of MCP's tools do.
fn late(world: &World) -> Router {
    async fn write(token: AccessToken) -> Result<&'static str, Refusal> {
        token.require_scope("write")?;
        Ok("written")
    }
    async fn gold(token: AccessToken) -> Result<&'static str, Refusal> {
        token.require_acr_values(&["gold"])?;
        Ok("gold")
    }
    async fn recent(token: AccessToken) -> Result<&'static str, Refusal> {
        token.require_max_age(Duration::from_secs(60))?;
        Ok("recent")
    }
    let layer = protect(&world.jwt_verifier()).scope("read").realm("notes");
    Router::new()
        .route("/write", get(write))
        .route("/gold", get(gold))
        .route("/recent", get(recent))
        .layer(layer.resource_metadata("https://api.example.com/m".parse().unwrap()))
}

#[tokio::test]
async fn a_handler_requires_more_than_its_layer() {
    let world = World::new();
    let router = late(&world);
    for (path, good, error, name, value) in [
        (
            "/write",
            json!({ "scope": "read write" }),
            (403, "Bearer", "insufficient_scope"),
            "scope",
            "read write",
        ),
        (
            "/gold",
            json!({ "acr": "gold" }),
            (401, "Bearer", "insufficient_user_authentication"),
            "acr_values",
            "gold",
        ),
        (
            "/recent",
            json!({ "auth_time": START }),
            (401, "Bearer", "insufficient_user_authentication"),
            "max_age",
            "60",
        ),
    ] {
        let ask = async |changes: &Value| {
            let header = format!("Bearer {}", world.token_with(changes));
            call(&router, "GET", path, &[("authorization", &header)]).await
        };
        assert_eq!(ask(&good).await.status, 200, "{path}");
        let answer = ask(&json!({})).await;
        assert_eq!(answer.error(), error);
        let challenge = &answer.challenges[0];
        let mut found: Vec<_> = challenge.get(name).unwrap().split(' ').collect();
        found.sort_unstable();
        assert_eq!(found.join(" "), value);
        assert_eq!(challenge.get("realm"), Some("notes"));
        let metadata = challenge.get("resource_metadata");
        assert_eq!(metadata, Some("https://api.example.com/m"));
    }
}

#[tokio::test]
async fn a_token_that_no_layer_admitted_is_refused_all_the_same() {
    let world = World::new();
    let token = world.token_with(&json!({ "auth_time": START }));
    let token = world.jwt_verifier().verify(&token).await.unwrap();
    assert!(token.require_scope("read").is_ok());
    let refusal = token.require_scopes(&Scope::parse("write").unwrap());
    assert_eq!(refusal.unwrap_err().status(), 403);
    // Without a layer there is no clock.
    let refusal = token.require_max_age(Duration::from_secs(60));
    let answer = refusal.unwrap_err().into_http::<Vec<u8>>();
    assert_eq!(answer.status(), 401);
    assert!(answer.headers().contains_key("www-authenticate"));
}

#[tokio::test]
async fn a_handler_without_a_layer_is_a_fault_in_the_code() {
    async fn who(token: AccessToken) -> String {
        token.subject.clone().unwrap_or_default()
    }
    async fn anybody(token: Option<AccessToken>) -> String {
        format!("{}", token.is_some())
    }
    let router = Router::new()
        .route("/who", get(who))
        .route("/anybody", get(anybody));
    let sent = |path| {
        let request = http::Request::get(path).body(axum::body::Body::empty());
        tower::ServiceExt::oneshot(router.clone(), request.unwrap())
    };
    assert_eq!(sent("/who").await.unwrap().status(), 500);
    assert_eq!(sent("/anybody").await.unwrap().status(), 200);
}
