//! Clients that register themselves, requests that are pushed, and the metadata of the API.

use bytes::Bytes;
use grantor_core::ProtectedResourceMetadata;
use grantor_http::Transport;
use grantor_testkit::{Endpoint, FakeServer};
use http::{Method, Request, Response};
use serde_json::{Value, json};
use url::Url;

use crate::{ask, post, server};

const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

async fn send(
    server: &FakeServer,
    method: Method,
    (path, token): (&str, Option<&str>),
    body: &Value,
) -> Response<Bytes> {
    let url = server.issuer().join(path);
    let mut request = Request::builder().method(method).uri(url.as_str());
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let body = match body {
        Value::Null => Bytes::new(),
        body => body.to_string().into(),
    };
    server.send(request.body(body).unwrap()).await.unwrap()
}

fn members(answer: &Response<Bytes>) -> Value {
    serde_json::from_slice(answer.body()).unwrap()
}

async fn register(server: &FakeServer, body: &Value) -> Response<Bytes> {
    send(server, Method::POST, ("/register", None), body).await
}

#[tokio::test]
async fn a_client_registers_and_is_known_from_then_on() {
    let server = server();
    let metadata = json!({"redirect_uris": ["https://app.example/cb"], "client_name": "App"});
    let answer = register(&server, &metadata).await;
    assert_eq!(answer.status(), 201);
    let client = members(&answer);
    assert_eq!(client["client_id"], "client-1");
    assert_eq!(client["client_secret"], "secret-1");
    assert_eq!(client["client_name"], "App");
    let form = |secret| {
        [
            ("grant_type", "client_credentials"),
            ("client_id", "client-1"),
            ("client_secret", secret),
        ]
    };
    assert_eq!(ask(&server, &form("secret-1")).await.0, 200);
    assert_eq!(ask(&server, &form("another")).await.0, 401);
    server.forget_client("client-1");
    assert_eq!(ask(&server, &form("secret-1")).await.0, 401);
    let recorded = server.requests(Endpoint::Registration);
    assert_eq!(recorded[0].json(), Some(metadata));
}

#[tokio::test]
async fn a_public_client_has_no_secret_and_a_native_one_may_be_on_this_machine() {
    let server = server();
    let mut metadata = json!({
        "redirect_uris": ["http://127.0.0.1/cb"], "token_endpoint_auth_method": "none",
    });
    let refused = register(&server, &metadata).await;
    assert_eq!(refused.status(), 400);
    assert_eq!(members(&refused)["error"], "invalid_client_metadata");
    metadata["application_type"] = "native".into();
    let client = members(&register(&server, &metadata).await);
    assert!(client.get("client_secret").is_none());
}

#[tokio::test]
async fn a_registration_is_read_changed_and_ended_by_its_token() {
    let server = server();
    register(&server, &json!({"client_name": "App"})).await;
    let at = |token| ("/register/client-1", token);
    let token = Some("registration-1");
    for wrong in [None, Some("another")] {
        let answer = send(&server, Method::GET, at(wrong), &Value::Null).await;
        assert_eq!(answer.status(), 401);
    }
    let read = send(&server, Method::GET, at(token), &Value::Null).await;
    assert_eq!(members(&read)["client_name"], "App");
    let changed = json!({"client_id": "client-1", "client_name": "App 2"});
    let changed = send(&server, Method::PUT, at(token), &changed).await;
    assert_eq!(members(&changed)["client_name"], "App 2");
    let of_another = json!({"client_id": "client-2"});
    let of_another = send(&server, Method::PUT, at(token), &of_another).await;
    assert_eq!(of_another.status(), 400);
    let ended = send(&server, Method::DELETE, at(token), &Value::Null).await;
    assert_eq!(ended.status(), 204);
    let gone = send(&server, Method::GET, at(token), &Value::Null).await;
    assert_eq!(gone.status(), 401);
}

#[tokio::test]
async fn an_initial_access_token_may_be_needed() {
    let server = server();
    server.set_initial_access_token("initial");
    assert_eq!(register(&server, &json!({})).await.status(), 401);
    let at = ("/register", Some("initial"));
    let registered = send(&server, Method::POST, at, &json!({})).await;
    assert_eq!(registered.status(), 201);
}

#[tokio::test]
async fn a_pushed_request_stands_for_its_parameters_once() {
    let server = server();
    server.require_pushed_requests();
    let form = [
        ("client_id", "app"),
        ("response_type", "code"),
        ("redirect_uri", "https://app.example/cb"),
        ("state", "s"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let answer = post(&server, "/par", &form).await;
    assert_eq!(answer.status(), 201);
    let request_uri = members(&answer)["request_uri"].as_str().unwrap().to_owned();
    let url = |query: &[(&str, &str)]| {
        let mut url = server.issuer().join("/authorize");
        url.query_pairs_mut().extend_pairs(query);
        url
    };
    let pushed = url(&[("client_id", "app"), ("request_uri", &request_uri)]);
    let redirect = server.approve(&pushed);
    assert_eq!(redirect.host_str(), Some("app.example"));
    assert!(redirect.query().unwrap().contains("state=s"));
    for (url, why) in [(pushed, "it was used"), (url(&form), "it was not pushed")] {
        let request = Request::get(url.as_str()).body(Bytes::new()).unwrap();
        let answer = server.send(request).await.unwrap();
        assert_eq!(answer.status(), 400, "{why}");
    }
    assert!(server.metadata().require_pushed_authorization_requests);
}

#[tokio::test]
async fn the_api_says_where_its_tokens_come_from() {
    let server = server();
    server.set_resource_metadata_member("scopes_supported", json!(["read"]));
    let url = Url::parse("https://api.example/mcp").unwrap();
    for location in ProtectedResourceMetadata::well_known_urls(&url) {
        let request = Request::get(location.as_str()).body(Bytes::new()).unwrap();
        let answer = server.send(request).await.unwrap();
        let read = ProtectedResourceMetadata::parse(answer.body(), &url).unwrap();
        assert_eq!(read.authorization_servers, [server.issuer().clone()]);
        assert_eq!(read.scopes_supported, ["read"]);
    }
    assert_eq!(server.count(Endpoint::ResourceMetadata), 2);
}
