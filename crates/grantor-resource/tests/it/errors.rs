//! Every refusal, in one table (RFC 6750 section 3.1, RFC 9449 section 7, RFC 9470 section 3).

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use grantor_resource::{Dpop, protect};
use serde_json::{Value, json};

use crate::calls::*;
use crate::support::*;

const URL: &str = "https://api.example.com/";
const METADATA_URL: &str = "https://api.example.com/.well-known/oauth-protected-resource";

/// A request, and what its answer must be: the status, and of each challenge the scheme and the error.
struct Row {
    what: &'static str,
    uri: &'static str,
    headers: Vec<(&'static str, String)>,
    status: u16,
    challenges: &'static [(&'static str, &'static str)],
}

const BOTH: &[(&str, &str)] = &[("Bearer", ""), ("DPoP", "")];

fn rows(world: &World, client: &Client) -> Vec<Row> {
    let bearer = |changes: Value| format!("Bearer {}", world.token_with(&changes));
    let good = || bearer(json!({ "acr": "gold", "auth_time": START }));
    let bound = client.token(world, &json!({ "acr": "gold", "auth_time": START }));
    let nonce = nonces(world);
    let proof = |claims: Value| {
        let mut all = json!({ "nonce": nonce });
        for (name, value) in claims.as_object().unwrap() {
            all[name] = value.clone();
        }
        client.proof(URL, &bound, &json!({}), &all)
    };
    let dpop = || format!("DPoP {bound}");
    let row = |what, headers: Vec<(&'static str, String)>, status, challenges| Row {
        what,
        uri: "/",
        headers,
        status,
        challenges,
    };
    let header = |value: String| vec![("authorization", value)];
    let proved = |proof: String| vec![("authorization", dpop()), ("dpop", proof)];
    let with_query = |mut row: Row, uri| {
        row.uri = uri;
        row
    };
    let invalid_request: &[_] = &[("Bearer", "invalid_request"), ("DPoP", "invalid_request")];
    let bearer_request: &[_] = &[("Bearer", "invalid_request"), ("DPoP", "")];
    let dpop_request: &[_] = &[("DPoP", "invalid_request"), ("Bearer", "")];
    let bearer_token: &[_] = &[("Bearer", "invalid_token"), ("DPoP", "")];
    let dpop_token: &[_] = &[("DPoP", "invalid_token"), ("Bearer", "")];
    let dpop_proof: &[_] = &[("DPoP", "invalid_dpop_proof"), ("Bearer", "")];
    let dpop_nonce: &[_] = &[("DPoP", "use_dpop_nonce"), ("Bearer", "")];
    let user: &[_] = &[("Bearer", "insufficient_user_authentication"), ("DPoP", "")];
    let scope: &[_] = &[("Bearer", "insufficient_scope"), ("DPoP", "")];
    let both_headers = vec![("authorization", good()), ("authorization", dpop())];
    let two = vec![("authorization", good()), ("authorization", good())];
    let old = json!({ "exp": START - 60 });
    let other = "https://other.example.com";
    vec![
        row("a good token", header(good()), 200, &[]),
        row("a good proof", proved(proof(json!({}))), 200, &[]),
        row("no header", vec![], 401, BOTH),
        row("another scheme", header("Basic YTpi".to_owned()), 401, BOTH),
        row("two headers", two, 400, invalid_request),
        row("two schemes", both_headers, 400, invalid_request),
        with_query(
            row("query", vec![], 400, invalid_request),
            "/?access_token=x",
        ),
        with_query(
            row("header and query", header(good()), 400, invalid_request),
            "/?access_token=x",
        ),
        row("no token", header("Bearer".to_owned()), 400, bearer_request),
        row(
            "two words",
            header("DPoP a b".to_owned()),
            400,
            dpop_request,
        ),
        row("no JWT", header("Bearer x".to_owned()), 401, bearer_token),
        row("expired", header(bearer(old)), 401, bearer_token),
        row(
            "audience",
            header(bearer(json!({ "aud": other }))),
            401,
            bearer_token,
        ),
        row(
            "issuer",
            header(bearer(json!({ "iss": other }))),
            401,
            bearer_token,
        ),
        row(
            "bound as Bearer",
            header(format!("Bearer {bound}")),
            401,
            bearer_token,
        ),
        row(
            "unbound as DPoP",
            vec![
                ("authorization", good().replace("Bearer", "DPoP")),
                ("dpop", proof(json!({}))),
            ],
            401,
            dpop_token,
        ),
        row(
            "another key",
            proved(Client::new().proof(URL, &bound, &json!({}), &json!({ "nonce": nonce }))),
            401,
            dpop_token,
        ),
        row("no proof", header(dpop()), 401, dpop_proof),
        row(
            "another method",
            proved(proof(json!({ "htm": "PUT" }))),
            401,
            dpop_proof,
        ),
        row("used again", proved(proof(json!({}))), 401, dpop_proof),
        row(
            "no nonce",
            proved(proof(json!({ "nonce": null }))),
            401,
            dpop_nonce,
        ),
        row(
            "wrong nonce",
            proved(proof(json!({ "nonce": "x" }))),
            401,
            dpop_nonce,
        ),
        row(
            "another login",
            header(bearer(json!({ "acr": "lead" }))),
            401,
            user,
        ),
        row(
            "an old login",
            header(bearer(json!({ "acr": "gold", "auth_time": START - 301 }))),
            401,
            user,
        ),
        row(
            "scope",
            header(bearer(
                json!({ "acr": "gold", "auth_time": START, "scope": "x" }),
            )),
            403,
            scope,
        ),
    ]
}

fn dpop(world: &World) -> Dpop {
    Dpop::at(AUDIENCE)
        .environment(environment(world))
        .nonce_key([1; 32])
        .build()
        .unwrap()
}

/// A nonce that the resource takes.
fn nonces(world: &World) -> String {
    let now = grantor_core::Clock::now(&*world.clock);
    grantor_jose::dpop::Nonces::new(&[1; 32]).issue(now)
}

#[tokio::test]
async fn every_refusal_is_that_of_its_specification() {
    let world = World::new();
    let client = Client::new();
    let layer = protect(&world.jwt_verifier())
        .scope("read")
        .acr_values(["gold"])
        .max_age(Duration::from_secs(300))
        .resource_metadata(METADATA_URL.parse().unwrap())
        .dpop(&dpop(&world));
    let router = Router::new()
        .route("/", get(|| async { "in" }))
        .layer(layer);
    for row in rows(&world, &client) {
        let what = row.what;
        let headers: Vec<_> = row.headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let answer = call(&router, "GET", row.uri, &headers).await;
        assert_eq!(answer.status, row.status, "{what}");
        let challenges = answer.challenges.iter();
        let found: Vec<_> = challenges
            .map(|one| (one.scheme.as_str(), one.get("error").unwrap_or("")))
            .collect();
        assert_eq!(found, row.challenges, "{what}");
        for challenge in &answer.challenges {
            check_parameters(challenge, what);
        }
        let error = row.challenges.iter().find(|(_, error)| !error.is_empty());
        if let Some((_, error)) = error {
            let body: Value = serde_json::from_str(&answer.body).unwrap();
            assert_eq!(body["error"], *error, "{what}");
            assert_eq!(answer.headers["content-type"], "application/json");
        }
        let is_about_nonce = error.is_some_and(|(_, error)| *error == "use_dpop_nonce");
        assert_eq!(answer.nonce().is_some(), is_about_nonce, "{what}");
        let told = format!("{:?} {}", answer.headers, answer.body);
        assert!(!told.contains("eyJ"), "{what} tells a token: {told}");
    }
}

fn check_parameters(challenge: &grantor_core::AuthenticateChallenge, what: &str) {
    assert_eq!(challenge.get("realm"), Some(AUDIENCE), "{what}");
    assert_eq!(challenge.get("scope"), Some("read"), "{what}");
    assert_eq!(
        challenge.get("resource_metadata"),
        Some(METADATA_URL),
        "{what}"
    );
    let error = challenge.get("error");
    assert_eq!(
        challenge.get("error_description").is_some(),
        error.is_some()
    );
    let steps_up = error == Some("insufficient_user_authentication");
    assert_eq!(
        challenge.get("acr_values"),
        steps_up.then_some("gold"),
        "{what}"
    );
    assert_eq!(
        challenge.get("max_age"),
        steps_up.then_some("300"),
        "{what}"
    );
    let algorithms = challenge.get("algs");
    assert_eq!(algorithms.is_some(), challenge.is("DPoP"), "{what}");
    assert!(algorithms.is_none_or(|all| all.contains("ES256") && !all.contains("HS256")));
}
