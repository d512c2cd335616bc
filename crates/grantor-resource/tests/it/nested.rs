//! Layers around layers: a stricter one for the routes that need more.

use axum::routing::get;
use axum::{Extension, Router};
use grantor_resource::{AccessToken, Dpop, Verifier, protect};
use serde_json::json;

use crate::calls::*;
use crate::support::*;

const METADATA_URL: &str = "https://api.example.com/.well-known/oauth-protected-resource";

/// `/notes` needs `read`, and `/admin/users` needs `write` and the audience `admin` besides.
fn router(world: &World, outer: &Verifier, inner: &Verifier) -> Router {
    async fn who(Extension(token): Extension<AccessToken>) -> String {
        token.subject.clone().unwrap()
    }
    let dpop = Dpop::at(AUDIENCE)
        .environment(environment(world))
        .build()
        .unwrap();
    let admin = Router::new()
        .route("/users", get(who))
        .layer(protect(inner).scope("write").audience("admin"));
    Router::new()
        .nest("/admin", admin)
        .route("/notes", get(who))
        .layer(
            protect(outer)
                .scope("read")
                .realm("notes")
                .resource_metadata(METADATA_URL.parse().unwrap())
                .dpop(&dpop),
        )
}

#[tokio::test]
async fn the_inner_layer_asks_for_more() {
    let world = World::new();
    let verifier = world.jwt_verifier();
    let router = router(&world, &verifier, &verifier);
    let both = json!([AUDIENCE, "admin"]);
    for (changes, notes, users) in [
        (json!({}), 200, 401),
        (json!({ "scope": "write", "aud": both }), 403, 403),
        (json!({ "scope": "read", "aud": both }), 200, 403),
        (json!({ "scope": "read write" }), 200, 401),
        (json!({ "scope": "read write", "aud": both }), 200, 200),
    ] {
        let header = format!("Bearer {}", world.token_with(&changes));
        for (path, status) in [("/notes", notes), ("/admin/users", users)] {
            let answer = call(&router, "GET", path, &[("authorization", &header)]).await;
            assert_eq!(answer.status, status, "{path} {changes}");
        }
    }
}

/// A client that gets a token for the scope of the challenge must not be refused again.
#[tokio::test]
async fn the_challenge_of_the_inner_layer_names_what_all_layers_require() {
    let world = World::new();
    let verifier = world.jwt_verifier();
    let router = router(&world, &verifier, &verifier);
    let token = world.token_with(&json!({ "aud": [AUDIENCE, "admin"] }));
    let header = format!("Bearer {token}");
    let answer = call(
        &router,
        "GET",
        "/admin/users",
        &[("authorization", &header)],
    )
    .await;
    assert_eq!(answer.error(), (403, "Bearer", "insufficient_scope"));
    let [bearer, dpop] = &answer.challenges[..] else {
        panic!("two schemes are taken");
    };
    let mut scope: Vec<_> = bearer.get("scope").unwrap().split(' ').collect();
    scope.sort_unstable();
    assert_eq!(scope, ["read", "write"]);
    assert_eq!(bearer.get("resource_metadata"), Some(METADATA_URL));
    assert!(dpop.is("DPoP") && dpop.get("algs").is_some());
}

/// The outer layer has used the proof; for the inner one it must not be a replay.
#[tokio::test]
async fn a_proof_is_checked_by_the_outer_layer_alone() {
    let world = World::new();
    let verifier = world.jwt_verifier();
    let others = world.jwt_verifier();
    let client = Client::new();
    let changes = json!({ "scope": "read write", "aud": [AUDIENCE, "admin"] });
    let token = client.token(&world, &changes);
    let authorization = format!("DPoP {token}");
    for inner in [&verifier, &others] {
        let router = router(&world, &verifier, inner);
        let url = "https://api.example.com/admin/users";
        let proof = client.proof(url, &token, &json!({}), &json!({}));
        let headers = [("authorization", &*authorization), ("dpop", &*proof)];
        for status in [200, 401] {
            let answer = call(&router, "GET", "/admin/users", &headers).await;
            assert_eq!(answer.status, status);
        }
    }
}

/// Another verifier may have another issuer.
#[tokio::test]
async fn a_layer_with_a_verifier_of_its_own_verifies_the_token_itself() {
    let world = World::new();
    let strict = Verifier::jwt(ISSUER, JWKS, "https://other.example.com")
        .transport(world.network.clone())
        .clock(world.clock.clone())
        .build()
        .unwrap();
    let router = router(&world, &world.jwt_verifier(), &strict);
    let changes = json!({ "scope": "read write", "aud": [AUDIENCE, "admin"] });
    let header = format!("Bearer {}", world.token_with(&changes));
    let answer = call(
        &router,
        "GET",
        "/admin/users",
        &[("authorization", &header)],
    )
    .await;
    assert_eq!(answer.error(), (401, "Bearer", "invalid_token"));
}

/// An admission of one request admits no other.
#[tokio::test]
async fn an_admission_is_for_the_header_that_was_checked() {
    let world = World::new();
    let verifier = world.jwt_verifier();
    let inner = protect(&verifier).scope("read");
    let swap = axum::middleware::map_request(|mut request: axum::extract::Request| async {
        let header = "Bearer another".parse().unwrap();
        request.headers_mut().insert("authorization", header);
        request
    });
    let router = Router::new()
        .route("/", get(|| async { "in" }))
        .layer(inner)
        .layer(swap)
        .layer(protect(&verifier));
    let header = format!("Bearer {}", world.token());
    let answer = call(&router, "GET", "/", &[("authorization", &header)]).await;
    assert_eq!(answer.error(), (401, "Bearer", "invalid_token"));
}
