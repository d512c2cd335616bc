//! The assertions of the fake server.

use std::panic::{AssertUnwindSafe, catch_unwind};

use grantor_core::Clock;
use grantor_testkit::FakeServer;

use crate::{CLIENT_CREDENTIALS, access_token, call, refresh, seconds, server, with_clock};

/// Returns the message of a failing assertion; none if it holds.
fn failure(server: &FakeServer, assertion: impl FnOnce(&FakeServer)) -> Option<String> {
    let caught = catch_unwind(AssertUnwindSafe(|| assertion(server)));
    Some(*caught.err()?.downcast::<String>().unwrap())
}

#[tokio::test]
async fn token_requests_are_counted_and_told() {
    let server = server();
    server.assert_no_token_requests();
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", "app"),
        ("client_secret", "hunter2"),
    ];
    access_token(&server, &form).await;
    server.assert_token_requests(1);
    let told = failure(&server, FakeServer::assert_no_token_requests).unwrap();
    assert!(
        told.contains("expected 0 token requests, and 1 came in"),
        "{told}"
    );
    assert!(told.contains("client_credentials"), "{told}");
    assert!(!told.contains("hunter2"), "{told}");
    server.forget_history();
    server.assert_no_token_requests();
}

#[tokio::test]
async fn a_token_that_went_astray_is_found() {
    let server = server();
    let token = access_token(&server, &CLIENT_CREDENTIALS).await;
    let _ = server.api(&call("https://api.example/a", &token));
    let mut bare = call("https://other.example/", &token);
    bare.headers_mut().clear();
    let _ = server.api(&bare);
    let assertion = |s: &FakeServer| s.assert_tokens_went_only_to(&["https://api.example"]);
    assert_eq!(failure(&server, assertion), None);
    let _ = server.api(&call("https://evil.example/a", &token));
    let told = failure(&server, assertion).unwrap();
    assert!(told.contains("https://evil.example"), "{told}");
}

#[tokio::test]
async fn a_reused_refresh_token_is_found() {
    let server = server();
    let first = server.new_refresh_token();
    refresh(&server, &first).await;
    server.assert_no_refresh_token_was_reused();
    refresh(&server, &first).await;
    assert!(failure(&server, FakeServer::assert_no_refresh_token_was_reused).is_some());
}

#[tokio::test]
async fn time_goes_to_where_the_last_token_has_just_ended() {
    let (server, clock) = with_clock();
    server.set_lifetime(Some(seconds(20)));
    let token = access_token(&server, &CLIENT_CREDENTIALS).await;
    let before = clock.now();
    clock.advance(seconds(3));
    assert_eq!(server.expire_last_token(), before + seconds(20));
    assert!(!server.takes_access_token(&token));
    assert_eq!(server.expire_last_token(), before + seconds(20));
}

#[tokio::test]
async fn token_requests_at_once_are_seen() {
    let server = server();
    for _ in 0..2 {
        access_token(&server, &CLIENT_CREDENTIALS).await;
    }
    assert_eq!(server.most_token_requests_at_once(), 1);
    server.hold();
    let ask = || {
        let server = server.clone();
        tokio::spawn(async move { access_token(&server, &CLIENT_CREDENTIALS).await })
    };
    let asking = [ask(), ask(), ask()];
    server.holds(3).await;
    server.release();
    for asking in asking {
        asking.await.unwrap();
    }
    assert_eq!(server.most_token_requests_at_once(), 3);
    server.forget_history();
    assert_eq!(server.most_token_requests_at_once(), 0);
}
