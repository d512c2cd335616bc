//! Authentication of clients at the fake server.

use bytes::Bytes;
use grantor_core::{ClientAuthentication, GrantParameters, TokenEndpointAuthMethod, TokenRequest};
use grantor_http::Transport;
use grantor_testkit::FakeServer;
use http::Response;

use crate::{CLIENT_CREDENTIALS, post, server};

async fn ask(server: &FakeServer, client: &ClientAuthentication) -> Response<Bytes> {
    let request = TokenRequest::new(GrantParameters::ClientCredentials);
    let request = request.to_request(&server.token_endpoint(), client);
    server.send(request).await.unwrap()
}

fn basic(secret: &str) -> ClientAuthentication {
    ClientAuthentication::Basic {
        client_id: "app:1".into(),
        client_secret: secret.into(),
    }
}

fn in_body(secret: &str) -> ClientAuthentication {
    ClientAuthentication::Post {
        client_id: "app:1".into(),
        client_secret: secret.into(),
    }
}

fn public(client_id: &str) -> ClientAuthentication {
    ClientAuthentication::None {
        client_id: client_id.into(),
    }
}

#[tokio::test]
async fn a_wrong_secret_is_challenged() {
    let server = server();
    server.add_client("app:1", "s3cret%+");
    for client in [basic("other"), in_body("other"), public("app:1")] {
        let answer = ask(&server, &client).await;
        assert_eq!(answer.status(), 401);
        assert!(answer.headers().contains_key("www-authenticate"));
        assert!(answer.body().starts_with(br#"{"error":"invalid_client""#));
    }
    for client in [basic("s3cret%+"), in_body("s3cret%+")] {
        assert_eq!(ask(&server, &client).await.status(), 200);
    }
    let nameless = post(&server, "/token", &CLIENT_CREDENTIALS).await;
    assert_eq!(nameless.status(), 401);
}

#[tokio::test]
async fn only_added_clients_are_served_and_without_any_all_are() {
    let server = server();
    assert_eq!(ask(&server, &public("anyone")).await.status(), 200);
    let nameless = post(&server, "/token", &CLIENT_CREDENTIALS).await;
    assert_eq!(nameless.status(), 200);
    server.add_public_client("cli");
    assert_eq!(ask(&server, &public("cli")).await.status(), 200);
    assert_eq!(ask(&server, &public("anyone")).await.status(), 401);
}

#[tokio::test]
async fn the_required_client_takes_the_place_of_all_others() {
    let server = server();
    server.add_public_client("cli");
    server.require_client("app:1", "s3cret");
    assert_eq!(ask(&server, &public("cli")).await.status(), 401);
    assert_eq!(ask(&server, &basic("s3cret")).await.status(), 200);
}

#[tokio::test]
async fn only_the_published_methods_are_taken() {
    let server = server();
    server.set_auth_methods(&[TokenEndpointAuthMethod::ClientSecretPost]);
    let published = server.metadata().token_endpoint_auth_methods_supported;
    assert_eq!(published, [TokenEndpointAuthMethod::ClientSecretPost]);
    assert_eq!(ask(&server, &in_body("x")).await.status(), 200);
    assert_eq!(ask(&server, &basic("x")).await.status(), 401);
    assert_eq!(ask(&server, &public("x")).await.status(), 401);
}

#[tokio::test]
async fn every_endpoint_for_clients_wants_the_client() {
    let server = server();
    server.add_client("app", "s3cret");
    for path in ["/token", "/introspect", "/revoke", "/device_authorization"] {
        let answer = post(&server, path, &[("token", "x"), ("client_id", "app")]).await;
        assert_eq!(answer.status(), 401, "{path}");
    }
}
