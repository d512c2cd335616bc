//! The example of an MCP server: from the first refusal to a tool that needs more scope.

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use grantor::axum::ServerExt;
use grantor::client::Tokens;
use grantor::core::{AuthenticateChallenge, Params};
use grantor::server::{self, NewClient};
use grantor::store::{MasterKey, MemoryStore};
use grantor_testkit::FakeTransport;
use http::{Request, Response, header};
use serde_json::{Value, json};

use crate::calls::{Answer, get, post, send};
use crate::examples::mcp_resource::{RESOURCE, app, metadata};

const ISSUER: &str = "https://id.example.com";
const CLIENT: (&str, &str) = ("agent", "the secret of the agent");

/// The MCP server, and its authorization server in the same process.
async fn both() -> Router {
    let key = MasterKey::from_bytes([7; 32]);
    let opened = server::open(ISSUER, MemoryStore::new(), key).await.unwrap();
    let server = opened.build().await.unwrap();
    let agent = NewClient::confidential(CLIENT.0)
        .with_grant_types(["client_credentials"])
        .with_scope("notes:read notes:write".parse().unwrap())
        .with_secret(CLIENT.1);
    server.clients().unwrap().add(agent).await.unwrap();
    let layer = server.protect(RESOURCE).unwrap();
    app(layer, &metadata(RESOURCE, ISSUER).unwrap()).merge(server.routes())
}

async fn token(app: &Router, resource: &str, scope: &str) -> String {
    let pairs = [
        ("grant_type", "client_credentials"),
        ("resource", resource),
        ("scope", scope),
    ];
    let answer = post(app, "/token", CLIENT, &pairs).await;
    answer.member("access_token")
}

async fn call(app: &Router, token: Option<&str>, method: &str, params: Value) -> Answer {
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let mut request = Request::post("/mcp").header(header::CONTENT_TYPE, "application/json");
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    send(app, request.body(Body::from(message.to_string())).unwrap()).await
}

fn challenge(answer: &Answer) -> AuthenticateChallenge {
    AuthenticateChallenge::from_headers(&answer.headers).remove(0)
}

#[tokio::test]
async fn a_client_finds_its_way_from_the_first_refusal_to_the_tool() {
    let app = both().await;
    let refused = call(&app, None, "initialize", json!({})).await;
    assert_eq!(refused.status, 401);
    let challenge_of = challenge(&refused);
    assert_eq!(challenge_of.get("error"), None);
    assert_eq!(challenge_of.get("scope"), Some("notes:read"));
    let url = challenge_of.get("resource_metadata").unwrap();
    let path = url.strip_prefix("http://127.0.0.1:3000").unwrap();
    let metadata = get(&app, path, None).await;
    assert_eq!(metadata.headers["content-type"], "application/json");
    assert_eq!(metadata.member("resource"), RESOURCE);
    assert_eq!(metadata.json()["authorization_servers"], json!([ISSUER]));

    let read = token(&app, RESOURCE, "notes:read").await;
    let answer = call(&app, Some(&read), "tools/list", json!({})).await;
    assert_eq!(answer.json()["result"]["tools"][1]["name"], "add_note");

    let add = json!({ "name": "add_note", "arguments": { "text": "milk" } });
    let refused = call(&app, Some(&read), "tools/call", add.clone()).await;
    assert_eq!(refused.status, 403);
    let step_up = challenge(&refused);
    assert_eq!(step_up.get("error"), Some("insufficient_scope"));
    assert_eq!(step_up.get("resource_metadata"), Some(url));

    let scope = step_up.get("scope").unwrap();
    let more = token(&app, RESOURCE, scope).await;
    let added = call(&app, Some(&more), "tools/call", add).await;
    assert_eq!(added.json()["result"]["content"][0]["text"], "added");
    let notes = call(
        &app,
        Some(&read),
        "tools/call",
        json!({ "name": "read_notes" }),
    )
    .await;
    assert_eq!(notes.json()["result"]["content"][0]["text"], "milk");
}

/// A call as grantor's own client makes it, to its end.
async fn call_by(tokens: &Tokens, app: &Router, params: &Value) -> Answer {
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    let mut request = Request::post(RESOURCE).body(()).unwrap();
    let mut attempt = tokens.prepare(&mut request).await.unwrap();
    loop {
        let sent = request.clone().map(|()| Body::from(message.to_string()));
        let answer = send(app, sent).await;
        let observed = attempt.observe_parts(answer.status, &answer.headers).await;
        match observed.into_resend() {
            None => return answer,
            Some(resend) => attempt = resend.prepare(&mut request).await.unwrap(),
        }
    }
}

#[tokio::test]
async fn grantors_client_finds_that_way_by_itself() {
    let app = both().await;
    let router = app.clone();
    let transport = FakeTransport::new(move |request: Request<Bytes>| {
        let app = router.clone();
        async move {
            let answer = send(&app, request.map(Body::from)).await;
            let mut response = Response::new(Bytes::from(answer.text));
            *response.status_mut() = answer.status;
            *response.headers_mut() = answer.headers;
            Ok(response)
        }
    });
    let tokens = Tokens::for_resource(RESOURCE)
        .client_at(ISSUER, CLIENT.0, CLIENT.1)
        .transport(transport.clone())
        .build()
        .unwrap();
    let read = json!({ "name": "read_notes" });
    let add = json!({ "name": "add_note", "arguments": { "text": "milk" } });
    assert_eq!(call_by(&tokens, &app, &read).await.status, 200);
    let added = call_by(&tokens, &app, &add).await;
    assert_eq!(added.json()["result"]["content"][0]["text"], "added");
    let notes = call_by(&tokens, &app, &read).await;
    assert_eq!(notes.json()["result"]["content"][0]["text"], "milk");
    let sent = transport.sent();
    let at_token = sent
        .iter()
        .filter(|request| request.uri().path() == "/token");
    let scopes: Vec<_> = at_token
        .map(|request| {
            let params = Params::parse(request.body()).unwrap();
            params.get("scope").unwrap().to_owned()
        })
        .collect();
    assert_eq!(scopes, ["notes:read", "notes:read notes:write"]);
}

#[tokio::test]
async fn what_is_no_message_of_mcp_is_answered_by_json_rpc() {
    let app = both().await;
    let read = token(&app, RESOURCE, "notes:read").await;
    let unknown = call(&app, Some(&read), "nothing", json!({})).await;
    assert_eq!(unknown.json()["error"]["code"], -32601);
    for (body, status) in [("{", 200), (r#"{"jsonrpc":"2.0","method":"x"}"#, 202)] {
        let request = Request::post("/mcp").header("authorization", format!("Bearer {read}"));
        let answer = send(&app, request.body(Body::from(body)).unwrap()).await;
        assert_eq!(answer.status, status);
    }
}

/// The transport of the protocol: a web page elsewhere, which may have come by DNS rebinding, and a
/// revision that the server does not speak.
#[tokio::test]
async fn a_strange_page_and_a_strange_revision_are_refused() {
    let app = both().await;
    let token = token(&app, RESOURCE, "notes:read").await;
    for (name, value, status) in [
        ("origin", "https://evil.example", 403),
        ("origin", "null", 403),
        ("origin", "http://127.0.0.1:3000", 200),
        ("mcp-protocol-version", "1999-01-01", 400),
        ("mcp-protocol-version", "2026-07-28", 200),
    ] {
        let request = Request::post("/mcp")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(name, value);
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize" });
        let answer = send(&app, request.body(Body::from(message.to_string())).unwrap()).await;
        assert_eq!(answer.status, status, "{name}: {value}");
    }
}
