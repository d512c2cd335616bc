//! The device flow of the fake server.

use grantor_testkit::FakeServer;
use serde_json::{Value, json};

use crate::{ask, post, refused, seconds, server, with_clock};

const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";

async fn begin(server: &FakeServer) -> Value {
    let answer = post(server, "/device_authorization", &[("scope", "read")]).await;
    serde_json::from_slice(answer.body()).unwrap()
}

fn poll(begun: &Value) -> [(&str, &str); 2] {
    let device_code = begun["device_code"].as_str().unwrap();
    [("grant_type", DEVICE), ("device_code", device_code)]
}

#[tokio::test]
async fn a_device_waits_for_its_user() {
    let server = server();
    let begun = begin(&server).await;
    assert_eq!(begun["verification_uri"], "https://idp.example/device");
    assert_eq!(
        begun["verification_uri_complete"],
        "https://idp.example/device?user_code=USER-0001"
    );
    assert_eq!(
        (&begun["interval"], &begun["expires_in"]),
        (&json!(5), &json!(600))
    );
    assert_eq!(
        refused(&server, &poll(&begun)).await,
        "authorization_pending"
    );
    let user_code = begun["user_code"].as_str().unwrap();
    assert_eq!(server.pending_devices(), [user_code]);
    server.approve_device(user_code);
    assert!(server.pending_devices().is_empty());
    let (_, body) = ask(&server, &poll(&begun)).await;
    assert_eq!(body["scope"], "read");
    assert!(body.get("refresh_token").is_some());
    assert_eq!(refused(&server, &poll(&begun)).await, "invalid_grant");
}

#[tokio::test]
async fn a_device_is_denied_and_expires() {
    let server = server();
    let (denied, expired) = (begin(&server).await, begin(&server).await);
    server.deny_device(denied["user_code"].as_str().unwrap());
    server.expire_device(expired["user_code"].as_str().unwrap());
    assert_eq!(refused(&server, &poll(&denied)).await, "access_denied");
    assert_eq!(refused(&server, &poll(&expired)).await, "expired_token");
}

#[tokio::test]
async fn a_device_that_polls_too_soon_slows_down() {
    let (server, clock) = with_clock();
    server.set_device_interval(seconds(2));
    server.set_device_lifetime(seconds(60));
    let begun = begin(&server).await;
    assert_eq!(
        refused(&server, &poll(&begun)).await,
        "authorization_pending"
    );
    clock.advance(seconds(1));
    assert_eq!(refused(&server, &poll(&begun)).await, "slow_down");
    clock.advance(seconds(6));
    assert_eq!(refused(&server, &poll(&begun)).await, "slow_down");
    clock.advance(seconds(12));
    assert_eq!(
        refused(&server, &poll(&begun)).await,
        "authorization_pending"
    );
    clock.advance(seconds(41));
    assert_eq!(refused(&server, &poll(&begun)).await, "expired_token");
}
