//! Faults of the fake server's OAuth 1.0a, as the client meets them.

use grantor_client::Error;
use grantor_testkit::{Endpoint, FakeServer, Fault};

use crate::oauth1::{CALLBACK, call, flow, signing};
use crate::server;

/// The errors of both requests for credentials, at a server that has this fault at each.
async fn errors(fault: Fault) -> [Error; 2] {
    let server = server();
    let flow = flow(&server, signing(), CALLBACK);
    server.fail_next_at(Endpoint::TemporaryCredentials, fault.clone());
    let first = flow.start().await.err().unwrap();
    let started = flow.start().await.unwrap();
    let redirect = server.approve_oauth1(&started.url);
    server.fail_next_at(Endpoint::TokenCredentials, fault);
    let second = flow.finish(started.pending, redirect.as_str()).await;
    [first, second.err().unwrap()]
}

#[tokio::test]
async fn answers_without_credentials_begin_nothing() {
    for fault in [
        Fault::NotForm,
        Fault::HalfForm,
        Fault::Html,
        Fault::HalfJson,
    ] {
        for error in errors(fault.clone()).await {
            assert!(error.is_refused(), "{fault:?}: {error}");
        }
    }
}

#[tokio::test]
async fn a_problem_is_named() {
    for (word, status) in [("consumer_key_refused", 401), ("version_rejected", 400)] {
        for error in errors(Fault::Problem(word)).await {
            let text = error.to_string();
            assert!(text.contains(&format!("{status}: {word}")), "{text}");
        }
    }
    for error in errors(Fault::Unavailable(30)).await {
        assert!(error.is_transient(), "{error}");
    }
}

#[tokio::test]
async fn a_server_of_oauth_1_0_does_not_confirm_the_callback() {
    let server = server();
    let flow = flow(&server, signing(), CALLBACK);
    server.fail_next_at(Endpoint::TemporaryCredentials, Fault::Unconfirmed);
    let error = flow.start().await.err().unwrap().to_string();
    assert!(error.contains("oauth_callback_confirmed"), "{error}");
}

#[tokio::test]
async fn another_secret_signs_nothing_that_the_server_takes() {
    let server = server();
    let flow = flow(&server, signing(), CALLBACK);
    server.fail_next_at(Endpoint::TemporaryCredentials, Fault::WrongTokenSecret);
    let started = flow.start().await.unwrap();
    let redirect = server.approve_oauth1(&started.url);
    let finished = flow.finish(started.pending, redirect.as_str()).await;
    let error = finished.err().unwrap().to_string();
    assert!(error.contains("signature_invalid"), "{error}");

    let started = flow.start().await.unwrap();
    let redirect = server.approve_oauth1(&started.url);
    server.fail_next_at(Endpoint::TokenCredentials, Fault::WrongTokenSecret);
    let signed_in = flow
        .finish(started.pending, redirect.as_str())
        .await
        .unwrap();
    let secret = signed_in.credentials.secret.expose();
    assert_eq!(secret, "another-token-secret-1");
    assert_eq!(status(&server, &signed_in.tokens).await, 401);
}

async fn status(server: &FakeServer, tokens: &grantor_client::Tokens) -> u16 {
    call(server, tokens).await.status().as_u16()
}

#[tokio::test]
async fn a_401_of_the_api_is_the_callers_answer() {
    let server = server();
    let flow = flow(&server, signing(), CALLBACK);
    let started = flow.start().await.unwrap();
    let redirect = server.approve_oauth1(&started.url);
    let signed_in = flow
        .finish(started.pending, redirect.as_str())
        .await
        .unwrap();
    server.fail_next_at(
        Endpoint::Api,
        Fault::Challenge("OAuth realm=\"x\"".to_owned()),
    );
    server.fail_next_at(Endpoint::Api, Fault::Problem("permission_denied"));
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(status(&server, &signed_in.tokens).await);
    }
    assert_eq!(statuses, [401, 401, 200]);
}
