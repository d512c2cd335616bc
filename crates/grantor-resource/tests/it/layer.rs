//! The tower layer, in a router of axum (RFC 6750).

use std::convert::Infallible;

use axum::body::Body;
use axum::routing::get;
use axum::{Extension, Router};
use bytes::Bytes;
use grantor_core::{AuthenticateChallenge, Scope};
use grantor_resource::{AccessToken, Protect, Verifier, protect};
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Empty, Full};
use serde_json::{Value, json};
use tower::{Layer, ServiceExt, service_fn};

use crate::support::*;

fn router(layer: Protect) -> Router {
    async fn who(Extension(token): Extension<AccessToken>) -> String {
        token.subject.clone().unwrap_or_default()
    }
    Router::new()
        .route("/who", get(who))
        .layer(layer)
        .route("/open", get(|| async { "open" }))
}

struct Answer {
    status: StatusCode,
    challenge: Option<AuthenticateChallenge>,
    body: String,
}

impl Answer {
    fn error(&self) -> Option<&str> {
        self.challenge.as_ref()?.get("error")
    }
}

async fn ask(router: &Router, uri: &str, authorization: &[&str]) -> Answer {
    let mut request = Request::get(uri);
    for value in authorization {
        request = request.header(header::AUTHORIZATION, *value);
    }
    let request = request.body(Body::empty()).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    if !head.status.is_success() {
        assert_eq!(head.headers[header::CACHE_CONTROL], "no-store");
    }
    Answer {
        status: head.status,
        challenge: AuthenticateChallenge::from_headers(&head.headers)
            .into_iter()
            .next(),
        body: String::from_utf8(body.into()).unwrap(),
    }
}

async fn ask_with(router: &Router, token: &str) -> Answer {
    ask(router, "/who", &[&format!("Bearer {token}")]).await
}

#[tokio::test]
async fn a_good_token_opens_the_door_at_once_and_after_a_fetch() {
    let world = World::new();
    let router = router(protect(&world.jwt_verifier()).scope("read"));
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let header = format!("{scheme} {}", world.token());
        let answer = ask(&router, "/who", &[&header]).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.body, "user-1");
    }
    assert_eq!(ask(&router, "/open", &[]).await.body, "open");
}

#[tokio::test]
async fn without_a_token_the_answer_says_how_and_nothing_more() {
    let world = World::new();
    let metadata = "https://api.example.com/.well-known/oauth-protected-resource";
    let router = router(
        protect(&world.jwt_verifier())
            .realm("notes")
            .resource_metadata(metadata.parse().unwrap()),
    );
    for authorization in [[].as_slice(), &["Basic YTpi"], &["DPoP abc"]] {
        let answer = ask(&router, "/who", authorization).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        let expected = AuthenticateChallenge::new("Bearer")
            .with("realm", "notes")
            .with("resource_metadata", metadata);
        assert_eq!(answer.challenge, Some(expected));
        assert_eq!(answer.body, "");
    }
}

#[tokio::test]
async fn a_garbled_request_is_invalid() {
    let world = World::new();
    let router = router(protect(&world.jwt_verifier()));
    let good = format!("Bearer {}", world.token());
    let query = format!("/who?access_token={}", world.token());
    for (uri, authorization) in [
        ("/who", ["Bearer"].as_slice()),
        ("/who", &["Bearer a b"]),
        ("/who", &[&good, &good]),
        (&query, &[]),
        (&query, &[&good]),
    ] {
        let answer = ask(&router, uri, authorization).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert_eq!(answer.error(), Some("invalid_request"));
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(body["error"], "invalid_request");
    }
}

#[tokio::test]
async fn a_bad_token_is_unauthorized() {
    let world = World::new();
    let router = router(protect(&world.jwt_verifier()));
    for changes in [
        json!({ "exp": START - 100 }),
        json!({ "aud": "https://other.example.com" }),
        json!({ "iss": "https://other.example.com" }),
        json!({ "cnf": { "jkt": "x" } }),
        json!({ "jti": null }),
    ] {
        let answer = ask_with(&router, &world.token_with(&changes)).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{changes}");
        assert_eq!(answer.error(), Some("invalid_token"));
        let challenge = answer.challenge.unwrap();
        let description = challenge.get("error_description").unwrap();
        assert!(!description.contains(['"', '\\']), "{description}");
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(body["error"], "invalid_token");
    }
}

#[tokio::test]
async fn a_scope_too_small_is_forbidden_and_named() {
    let world = World::new();
    let more: Scope = "write delete".parse().unwrap();
    let router = router(protect(&world.jwt_verifier()).scope("read").scopes(&more));
    for scope in [
        json!("read"),
        json!("read write"),
        json!("read WRITE delete"),
        json!(null),
    ] {
        let answer = ask_with(&router, &world.token_with(&json!({ "scope": scope }))).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert_eq!(answer.error(), Some("insufficient_scope"));
        let challenge = answer.challenge.unwrap();
        assert_eq!(challenge.get("scope"), Some("read write delete"));
    }
    let scope = json!({ "scope": "delete write x read" });
    let answer = ask_with(&router, &world.token_with(&scope)).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn a_route_may_demand_an_audience_of_its_own() {
    let world = World::new();
    let router = router(protect(&world.jwt_verifier()).audience("https://api.example.com/admin"));
    let answer = ask_with(&router, &world.token()).await;
    assert_eq!(answer.error(), Some("invalid_token"));
    let both = json!({ "aud": [AUDIENCE, "https://api.example.com/admin"] });
    let answer = ask_with(&router, &world.token_with(&both)).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn what_can_not_be_decided_never_passes() {
    let world = World::new();
    let router = router(protect(&world.introspecting_verifier()));
    let answer = ask_with(&router, "opaque-1").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.challenge.is_none());
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(body["error"], "temporarily_unavailable");
    world.network.answer(ENDPOINT, active(&json!({})));
    assert_eq!(ask_with(&router, "opaque-1").await.status, StatusCode::OK);
    world.network.take_down(ENDPOINT);
    assert_eq!(ask_with(&router, "opaque-1").await.status, StatusCode::OK);
    world.clock.advance(10);
    let answer = ask_with(&router, "opaque-1").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn protects_a_service_that_knows_nothing_of_axum() {
    let world = World::new();
    world.network.answer(ENDPOINT, active(&json!({})));
    let verifier: Verifier = world.introspecting_verifier();
    let service =
        protect(&verifier).layer(service_fn(|request: Request<Empty<Bytes>>| async move {
            let token = request.extensions().get::<AccessToken>().unwrap();
            assert!(request.headers()[header::AUTHORIZATION].is_sensitive());
            let body = Bytes::from(token.client_id.clone().unwrap());
            Ok::<_, Infallible>(Response::new(Full::new(body)))
        }));
    for _ in 0..2 {
        let request = Request::get("/")
            .header(header::AUTHORIZATION, "Bearer opaque-1")
            .body(Empty::new())
            .unwrap();
        let response = service.clone().oneshot(request).await.unwrap();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, "client-1");
    }
    assert_eq!(world.network.count(ENDPOINT), 1);
}

#[tokio::test]
async fn a_token_that_somebody_else_put_into_the_extensions_is_replaced() {
    let world = World::new();
    let forged = world.token_with(&json!({ "sub": "admin" }));
    let forged = world.jwt_verifier().verify(&forged).await.unwrap();
    let router = router(protect(&world.jwt_verifier()));
    let request = |authorization: Option<String>| {
        let mut request = Request::get("/who").extension(forged.clone());
        if let Some(value) = authorization {
            request = request.header(header::AUTHORIZATION, value);
        }
        request.body(Body::empty()).unwrap()
    };
    let response = router.clone().oneshot(request(None)).await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    let good = Some(format!("Bearer {}", world.token()));
    let response = router.oneshot(request(good)).await.unwrap();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, "user-1");
}

#[test]
#[should_panic(expected = "a character that is not allowed")]
fn a_scope_that_is_none_is_found_at_start() {
    let _ = protect(&World::new().jwt_verifier()).scope("a\"b");
}
