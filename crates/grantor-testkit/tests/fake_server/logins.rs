//! Refresh tokens of the fake server.

use grantor_testkit::Rotation;
use serde_json::Value;

use crate::{refresh, seconds, server, with_clock};

fn next(body: &Value) -> String {
    body["refresh_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_refresh_token_that_comes_back_ends_its_login() {
    let server = server();
    let first = server.new_refresh_token();
    let (_, body) = refresh(&server, &first).await;
    assert!(!server.takes_refresh_token(&first));
    assert_eq!(refresh(&server, &first).await.1["error"], "invalid_grant");
    assert_eq!(refresh(&server, &next(&body)).await.0, 400);
    assert_eq!(server.reuses(), 1);
}

#[tokio::test]
async fn with_grace_it_comes_back_until_its_successor_is_used() {
    let server = server();
    server.set_rotation(Rotation::Grace);
    let first = server.new_refresh_token();
    let (_, once) = refresh(&server, &first).await;
    let (_, twice) = refresh(&server, &first).await;
    assert_eq!(next(&once), next(&twice));
    assert_eq!(refresh(&server, &next(&once)).await.0, 200);
    assert_eq!(server.reuses(), 0);
    assert_eq!(refresh(&server, &first).await.0, 400);
    assert_eq!(server.reuses(), 1);
}

#[tokio::test]
async fn a_fixed_refresh_token_stays_good() {
    let server = server();
    server.set_rotation(Rotation::Fixed);
    let first = server.new_refresh_token();
    for _ in 0..3 {
        let (status, body) = refresh(&server, &first).await;
        assert_eq!(status, 200);
        assert!(body.get("refresh_token").is_none());
    }
    assert_eq!(server.reuses(), 0);
}

#[tokio::test]
async fn a_refresh_token_ends_by_the_clock_and_each_rotation_begins_anew() {
    let (server, clock) = with_clock();
    server.set_refresh_lifetime(Some(seconds(100)));
    let first = server.new_refresh_token();
    clock.advance(seconds(99));
    let (_, body) = refresh(&server, &first).await;
    clock.advance(seconds(99));
    assert!(server.takes_refresh_token(&next(&body)));
    clock.advance(seconds(1));
    assert!(!server.takes_refresh_token(&next(&body)));
    let (_, body) = refresh(&server, &next(&body)).await;
    assert_eq!(body["error"], "invalid_grant");
    assert_eq!(server.reuses(), 0);
}
