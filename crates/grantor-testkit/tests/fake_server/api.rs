//! The protected API of the fake server.

use bytes::Bytes;
use grantor_core::AuthenticateChallenge;
use grantor_http::Transport;
use grantor_testkit::{Endpoint, Fault, answer};
use http::Request;
use serde_json::json;

use crate::{CLIENT_CREDENTIALS, access_token, call, server};

#[tokio::test]
async fn tokens_are_taken_from_header_query_and_form() {
    let server = server();
    let token = access_token(&server, &CLIENT_CREDENTIALS).await;
    let header = call("https://api.example/", &token);
    let dpop =
        Request::get("https://api.example/").header("authorization", format!("DPoP {token}"));
    let query = Request::get(format!("https://api.example/?access_token={token}"));
    let form = Request::post("https://api.example/")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("access_token={token}").into());
    let none = Request::get("https://api.example/").body(Bytes::new());
    let requests = [
        (header, 200),
        (dpop.body(Bytes::new()).unwrap(), 200),
        (query.body(Bytes::new()).unwrap(), 200),
        (form.unwrap(), 200),
        (none.unwrap(), 401),
        (call("https://api.example/", "other"), 401),
    ];
    for (request, status) in requests {
        assert_eq!(server.send(request).await.unwrap().status(), status);
    }
}

#[tokio::test]
async fn the_api_is_below_the_issuer_and_at_every_other_origin() {
    let server = server();
    let token = access_token(&server, &CLIENT_CREDENTIALS).await;
    for url in [
        server.api_url().as_str(),
        "https://idp.example/api/things",
        "https://api.example:8443/things",
    ] {
        let answer = server.send(call(url, &token)).await.unwrap();
        assert_eq!(answer.status(), 200, "{url}");
    }
    let elsewhere = call("https://idp.example/apis", &token);
    assert_eq!(server.send(elsewhere).await.unwrap().status(), 404);
    assert_eq!(server.count(Endpoint::Api), 3);
    assert_eq!(server.count(Endpoint::Other), 1);
}

#[tokio::test]
async fn a_body_of_the_tests_choice_is_for_those_with_a_good_token() {
    let server = server();
    let token = access_token(&server, &CLIENT_CREDENTIALS).await;
    let clone = server.clone();
    server.answer_api_with(move |request| {
        // The function may use the server.
        let calls = clone.count(Endpoint::Api);
        let path = request.request().uri().path();
        answer::json(201, &json!({ "path": path, "calls": calls }))
    });
    let good = call("https://api.example/things", &token);
    let got = server.send(good.clone()).await.unwrap();
    assert_eq!(got.status(), 201);
    assert_eq!(got.body(), r#"{"calls":1,"path":"/things"}"#);
    assert_eq!(server.api(&good).body(), r#"{"calls":2,"path":"/things"}"#);
    let bad = server.send(call("https://api.example/things", "other"));
    assert_eq!(bad.await.unwrap().status(), 401);
    server.set_api_scope("write");
    assert_eq!(server.api(&good).status(), 403);
}

#[tokio::test]
async fn other_origins_are_refused_where_some_are_named() {
    let server = server();
    server.set_api_origins(&["https://api.example"]);
    let token = access_token(&server, &CLIENT_CREDENTIALS).await;
    let status = |url| server.api(&call(url, &token)).status();
    assert_eq!(status("https://api.example:443/things"), 200);
    assert_eq!(status("https://evil.example/things"), 421);
    assert_eq!(status("https://api.example:444/things"), 421);
}

#[tokio::test]
async fn a_token_without_the_scope_gets_403() {
    let server = server();
    server.set_api_scope("write");
    let form = [("grant_type", "client_credentials"), ("scope", "read")];
    let narrow = access_token(&server, &form).await;
    let form = [
        ("grant_type", "client_credentials"),
        ("scope", "write read"),
    ];
    let wide = access_token(&server, &form).await;
    let without = access_token(&server, &CLIENT_CREDENTIALS).await;
    let answer = server.api(&call("https://api.example/", &without));
    assert_eq!(answer.status(), 403);
    let answer = server.api(&call("https://api.example/", &narrow));
    assert_eq!(answer.status(), 403);
    let challenges = AuthenticateChallenge::from_headers(answer.headers());
    assert_eq!(challenges[0].get("error"), Some("insufficient_scope"));
    assert_eq!(challenges[0].get("scope"), Some("write"));
    assert_eq!(
        server.api(&call("https://api.example/", &wide)).status(),
        200
    );
}

#[tokio::test]
async fn the_challenge_is_a_tests_choice() {
    let server = server();
    let other = call("https://api.example/", "other");
    let challenge = |answer: &http::Response<Bytes>| {
        answer.headers()["www-authenticate"]
            .to_str()
            .unwrap()
            .to_owned()
    };
    let answer = server.api(&other);
    assert_eq!(challenge(&answer), r#"Bearer error="invalid_token""#);
    server.set_api_challenge("Bearer realm=\"x\"");
    assert_eq!(challenge(&server.api(&other)), "Bearer realm=\"x\"");
    server.fail_next_at(Endpoint::Api, Fault::Challenge("Basic".into()));
    assert_eq!(challenge(&server.api(&other)), "Basic");
}

#[tokio::test]
async fn a_call_within_the_process_gets_the_faults_that_are_answers() {
    let server = server();
    let token = access_token(&server, &CLIENT_CREDENTIALS).await;
    server.fail_next_at(Endpoint::Api, Fault::Status(403));
    server.fail_next_at(Endpoint::Api, Fault::AnswerLost);
    let request = call("https://api.example/", &token);
    assert_eq!(server.api(&request).status(), 403);
    assert_eq!(server.api(&request).status(), 200);
    assert!(server.send(request.clone()).await.is_err());
    assert_eq!(server.send(request).await.unwrap().status(), 200);
}
