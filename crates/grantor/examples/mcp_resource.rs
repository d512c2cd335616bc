//! An MCP server that takes access tokens: clients find its authorization server by its metadata, and
//! a tool that needs more scope asks for it.
//!
//! ```sh
//! # The authorization server, in another terminal:
//! grantor serve --profile mcp --resource http://127.0.0.1:3000/mcp --scope "notes:read notes:write"
//! cargo run -p grantor --all-features --example mcp_resource
//! curl -i http://127.0.0.1:3000/mcp
//! curl http://127.0.0.1:3000/.well-known/oauth-protected-resource/mcp
//! ```
//!
//! `ISSUER` and `RESOURCE` in the environment are other URLs of the two servers.

use std::error::Error as StdError;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, ORIGIN};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use grantor::core::Issuer;
use grantor::http::ReqwestTransport;
use grantor::resource::{
    AccessToken, Protect, PublishedMetadata, Refusal, ResourceMetadata, Verifier, protect,
};
use serde_json::{Value, json};

/// The resource, as clients name it when they ask for a token, and as tokens name it in `aud`.
pub(crate) const RESOURCE: &str = "http://127.0.0.1:3000/mcp";

/// The notes, and where this server is, by which it knows the pages of others.
#[derive(Debug, Clone)]
struct Mcp {
    origin: Arc<str>,
    notes: Arc<Mutex<Vec<String>>>,
}

/// The document that clients read first (RFC 9728).
pub(crate) fn metadata(
    resource: &str,
    issuer: &str,
) -> Result<PublishedMetadata, Box<dyn StdError>> {
    let mut metadata = ResourceMetadata::new(resource, Issuer::parse(issuer)?)?;
    metadata.resource_name = Some("Notes".to_owned());
    metadata.scopes_supported = vec!["notes:read".to_owned(), "notes:write".to_owned()];
    Ok(metadata.publish()?)
}

/// The MCP endpoint behind `layer`, and the metadata beside it for everybody.
pub(crate) fn app(layer: Protect, metadata: &PublishedMetadata) -> Router {
    let layer = layer
        .scope("notes:read")
        .resource_metadata(metadata.url().clone());
    Router::new()
        .route("/mcp", post(mcp))
        .with_state(Mcp {
            origin: origin_of(metadata.url().as_str()).into(),
            notes: Arc::default(),
        })
        .layer(layer)
        .merge(metadata.routes())
}

/// The revisions of the protocol that this server speaks.
const VERSIONS: [&str; 3] = ["2025-06-18", "2025-11-25", "2026-07-28"];

/// The status for a request that the transport of the protocol refuses: of a web page elsewhere, which
/// may have come by DNS rebinding, or of another revision.
fn refusal(own_origin: &str, headers: &HeaderMap) -> Option<StatusCode> {
    if headers
        .get(ORIGIN)
        .is_some_and(|origin| origin != own_origin)
    {
        return Some(StatusCode::FORBIDDEN);
    }
    let version = headers.get("mcp-protocol-version");
    let is_known = |version: &HeaderValue| VERSIONS.iter().any(|own| version == own);
    version
        .is_some_and(|version| !is_known(version))
        .then_some(StatusCode::BAD_REQUEST)
}

/// The origin of a URL without a default port.
fn origin_of(url: &str) -> &str {
    let path = url.match_indices('/').nth(2).map(|(at, _)| at);
    &url[..path.unwrap_or(url.len())]
}

async fn mcp(
    token: AccessToken,
    State(state): State<Mcp>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Some(status) = refusal(&state.origin, &headers) {
        return status.into_response();
    }
    let Ok(call) = serde_json::from_slice::<Value>(&body) else {
        let error = json!({ "code": -32700, "message": "the body is not JSON" });
        return reply(&json!({ "jsonrpc": "2.0", "id": null, "error": error }));
    };
    let id = &call["id"];
    if id.is_null() {
        // A notification has no answer.
        return StatusCode::ACCEPTED.into_response();
    }
    let result = match call["method"].as_str() {
        Some("initialize") => json!({
            "protocolVersion": "2025-11-25",
            "capabilities": { "tools": {} },
            "serverInfo": { "name": "notes", "version": "1" },
        }),
        Some("tools/list") => json!({ "tools": [
            tool("read_notes", &json!({ "type": "object" })),
            tool("add_note", &json!({
                "type": "object", "required": ["text"],
                "properties": { "text": { "type": "string" } },
            })),
        ] }),
        Some("tools/call") => match call_tool(&token, &state, &call["params"]) {
            Ok(text) => json!({ "content": [{ "type": "text", "text": text }] }),
            // Status 403 with the scope that would do: the client steps up and calls again.
            Err(refusal) => return refusal.into_response(),
        },
        _ => {
            let error = json!({ "code": -32601, "message": "method not found" });
            return reply(&json!({ "jsonrpc": "2.0", "id": id, "error": error }));
        }
    };
    reply(&json!({ "jsonrpc": "2.0", "id": id, "result": result }))
}

fn call_tool(token: &AccessToken, state: &Mcp, call: &Value) -> Result<String, Refusal> {
    let mut notes = state.notes.lock().unwrap_or_else(PoisonError::into_inner);
    match call["name"].as_str() {
        Some("read_notes") => Ok(notes.join("\n")),
        Some("add_note") => {
            token.require_scope("notes:write")?;
            let text = call["arguments"]["text"].as_str().unwrap_or_default();
            notes.push(text.to_owned());
            Ok("added".to_owned())
        }
        _ => Ok("there is no such tool".to_owned()),
    }
}

fn tool(name: &str, input: &Value) -> Value {
    json!({ "name": name, "description": name.replace('_', " "), "inputSchema": input })
}

fn reply(message: &Value) -> Response {
    ([(CONTENT_TYPE, "application/json")], message.to_string()).into_response()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    let variable = |name, default: &str| std::env::var(name).unwrap_or_else(|_| default.to_owned());
    let issuer = variable("ISSUER", "http://127.0.0.1:8787");
    let resource = variable("RESOURCE", RESOURCE);
    let verifier = Verifier::discover(&issuer)
        .audience(&resource)
        .transport(Arc::new(ReqwestTransport::new()?))
        .build()?;
    let app = app(protect(&verifier), &metadata(&resource, &issuer)?);
    let address = origin_of(&resource).trim_start_matches("http://");
    let listener = tokio::net::TcpListener::bind(address).await?;
    Ok(axum::serve(listener, app).await?)
}
