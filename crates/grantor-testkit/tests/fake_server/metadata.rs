//! The metadata of the fake server.

use bytes::Bytes;
use grantor_core::{Issuer, ServerMetadata};
use grantor_http::Transport;
use grantor_testkit::{Endpoint, FakeServer};
use http::Request;
use serde_json::{Value, json};

use crate::{CLIENT_CREDENTIALS, refused, server};

async fn published(server: &FakeServer) -> Vec<u8> {
    let [url, _] = server.issuer().metadata_urls();
    let request = Request::get(url.as_str()).body(Bytes::new()).unwrap();
    server.send(request).await.unwrap().body().to_vec()
}

#[tokio::test]
async fn is_at_both_places_and_can_be_read() {
    let server = FakeServer::new("https://idp.example/tenant");
    for url in server.issuer().metadata_urls() {
        let request = Request::get(url.as_str()).body(Bytes::new()).unwrap();
        let answer = server.send(request).await.unwrap();
        let read = ServerMetadata::parse(answer.body(), server.issuer()).unwrap();
        assert_eq!(read.token_endpoint, Some(server.token_endpoint()));
        assert_eq!(read.grant_types_supported.len(), 8);
        assert_eq!(read.code_challenge_methods_supported, ["S256"]);
        assert!(read.authorization_response_iss_parameter_supported);
        let device = "https://idp.example/tenant/device_authorization";
        let json: Value = serde_json::from_slice(answer.body()).unwrap();
        assert_eq!(json["device_authorization_endpoint"], device);
    }
    assert_eq!(server.count(Endpoint::Metadata), 2);
}

#[tokio::test]
async fn grant_types_are_served_as_they_are_published() {
    let server = server();
    server.set_grant_types(&["refresh_token"]);
    let read = ServerMetadata::parse(&published(&server).await, server.issuer()).unwrap();
    assert_eq!(read.grant_types_supported, ["refresh_token"]);
    let error = refused(&server, &CLIENT_CREDENTIALS).await;
    assert_eq!(error, "unsupported_grant_type");
}

#[tokio::test]
async fn members_are_replaced_and_left_out() {
    let server = server();
    server.set_metadata_member("issuer", json!("https://other.example"));
    server.set_metadata_member("revocation_endpoint", Value::Null);
    server.set_metadata_member("mtls", json!(true));
    let bytes = published(&server).await;
    let other = Issuer::parse("https://other.example").unwrap();
    let read = ServerMetadata::parse(&bytes, &other).unwrap();
    assert!(read.revocation_endpoint.is_none());
    let members: Value = serde_json::from_slice(&bytes).unwrap();
    assert!(members.get("revocation_endpoint").is_none());
    assert_eq!(read.extra["mtls"], true);
}
