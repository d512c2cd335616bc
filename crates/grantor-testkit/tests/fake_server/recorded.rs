//! The recorded requests of the fake server.

use bytes::Bytes;
use grantor_core::{Clock, TokenEndpointAuthMethod};
use grantor_http::Transport;
use grantor_testkit::{Endpoint, Fault};
use http::Request;

use crate::{CLIENT_CREDENTIALS, access_token, call, form_request, server, with_clock};

#[tokio::test]
async fn requests_are_told_apart_and_read() {
    let (server, clock) = with_clock();
    let form = [
        ("grant_type", "client_credentials"),
        ("audience", "a"),
        ("audience", "b"),
        ("client_id", "app"),
    ];
    access_token(&server, &form).await;
    let token = crate::refresh(&server, "unknown").await;
    assert_eq!(token.0, 400);
    assert_eq!(server.token_requests(), 2);
    assert_eq!(server.token_requests_of("client_credentials"), 1);
    assert_eq!(server.token_requests_of("password"), 0);
    let [first, second] = server.requests(Endpoint::Token).try_into().unwrap();
    assert_eq!(first.parameters("audience"), ["a", "b"]);
    assert_eq!(first.client_id().as_deref(), Some("app"));
    assert_eq!(first.auth_method(), Some(TokenEndpointAuthMethod::None));
    assert!(!first.has_authorization());
    assert_eq!(first.status().unwrap(), 200);
    assert_eq!(first.at(), Some(clock.now()));
    assert_eq!(first.url(), Some(server.token_endpoint()));
    assert_eq!(second.grant_type().as_deref(), Some("refresh_token"));
    assert_eq!(second.status().unwrap(), 400);
    let last = server.last_token_request().unwrap();
    assert_eq!(last.parameter("refresh_token").as_deref(), Some("unknown"));
}

#[tokio::test]
async fn basic_is_seen() {
    let server = server();
    let mut request = form_request(&server.token_endpoint(), &CLIENT_CREDENTIALS);
    let value = "Basic YXBwOnMzY3JldA==".parse().unwrap();
    request.headers_mut().insert("authorization", value);
    server.send(request).await.unwrap();
    let recorded = server.last_token_request().unwrap();
    assert!(recorded.has_authorization());
    assert_eq!(
        recorded.auth_method(),
        Some(TokenEndpointAuthMethod::ClientSecretBasic)
    );
    assert_eq!(recorded.client_id().as_deref(), Some("app"));
}

#[tokio::test]
async fn a_token_request_in_the_query_is_read_too() {
    let server = server();
    let url = format!("{}?grant_type=client_credentials", server.token_endpoint());
    let request = Request::get(url).body(Bytes::new()).unwrap();
    assert_eq!(server.send(request).await.unwrap().status(), 200);
    assert_eq!(server.token_requests_of("client_credentials"), 1);
}

#[tokio::test]
async fn history_holds_what_reached_the_server_and_no_calls_of_the_api() {
    let server = server();
    let token = access_token(&server, &CLIENT_CREDENTIALS).await;
    server.fail_next(Fault::Unsent);
    let lost = form_request(&server.token_endpoint(), &CLIENT_CREDENTIALS);
    assert!(server.send(lost).await.is_err());
    let _ = server.api(&call("https://api.example/a", &token));
    assert_eq!(server.history().len(), 1);
    assert_eq!(server.count(Endpoint::Api), 1);
    let calls = server.requests(Endpoint::Api);
    assert_eq!(calls[0].access_token(), Some(token));
    assert_eq!(calls[0].status().unwrap(), 200);
    server.forget_history();
    assert_eq!(server.token_requests() + server.count(Endpoint::Api), 0);
}

#[tokio::test]
async fn debug_shows_no_secret() {
    let server = server();
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", "app"),
        ("client_secret", "hunter2"),
    ];
    access_token(&server, &form).await;
    server.fail_next(Fault::Answer(
        grantor_testkit::ScriptedAnswer::new(200).body("hunter2"),
    ));
    let shown = format!("{server:?} {:?}", server.requests(Endpoint::Token));
    assert!(shown.contains("client_secret"), "{shown}");
    assert!(!shown.contains("hunter2"), "{shown}");
    let answer = grantor_testkit::ScriptedAnswer::new(200).body("hunter2");
    assert!(!format!("{:?}", Fault::Answer(answer)).contains("hunter2"));
}
