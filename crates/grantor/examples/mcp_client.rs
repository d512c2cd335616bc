//! An MCP client that gets its tokens by itself: it takes the URL of a server, lists the server's tools
//! and calls one. The user signs in when the server asks for a token.
//!
//! ```sh
//! cargo run -p grantor --all-features --example mcp_client -- http://127.0.0.1:3000/mcp
//! ```
//!
//! The conformance tests of the Model Context Protocol run it too (`cargo xtask interop mcp`). They name
//! the scenario and what it needs in `MCP_CONFORMANCE_SCENARIO`, `MCP_CONFORMANCE_CONTEXT` and
//! `MCP_CONFORMANCE_PROTOCOL_VERSION`.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program at a terminal"
)]

use std::error::Error as StdError;

use grantor::client::{Assertion, Dpop, Session, SubjectToken, Tokens, TokensBuilder};
use grantor::core::{ClientMetadata, token_type};
use grantor::http::{ReqwestTransport, Transport};
use grantor::jose::Algorithm;
use serde_json::{Value, json};
use url::Url;

type Failure = Box<dyn StdError + Send + Sync>;

const REDIRECT_URI: &str = "http://127.0.0.1:8000/callback";
const DOCUMENT: &str = "https://conformance-test.local/client-metadata.json";
const STATELESS: &str = "2026-07-28";

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let url = std::env::args()
        .nth(1)
        .ok_or("name the URL of the server")?;
    let scenario = std::env::var("MCP_CONFORMANCE_SCENARIO").ok();
    let builder = match &scenario {
        None => signing_in(&url, at_the_terminal),
        Some(scenario) => {
            let context = std::env::var("MCP_CONFORMANCE_CONTEXT").unwrap_or_default();
            let context = serde_json::from_str(&context).unwrap_or_default();
            for_scenario(&url, scenario, &context).await?
        }
    };
    let tokens = builder.build()?;
    let version = std::env::var("MCP_CONFORMANCE_PROTOCOL_VERSION");
    let mcp = Mcp {
        session: tokens.session(&url)?,
        url,
        version: version.unwrap_or_else(|_| STATELESS.to_owned()),
    };
    let outcome = mcp.use_a_tool().await;
    tokens.close().await;
    outcome
}

/// The tokens for a server that asks for nothing special: the client registers, and its user signs in.
fn signing_in<R>(url: &str, authorize: impl Fn(Url) -> R + Send + Sync + 'static) -> TokensBuilder
where
    R: Future<Output = Result<String, Failure>> + Send + 'static,
{
    let mut metadata = ClientMetadata::default();
    metadata.client_name = Some("grantor's example".to_owned());
    Tokens::for_resource(url)
        .register_as(metadata)
        .authorize_by(REDIRECT_URI, authorize)
}

/// The tokens as one scenario of the conformance tests wants them.
async fn for_scenario(
    url: &str,
    scenario: &str,
    context: &Value,
) -> Result<TokensBuilder, Failure> {
    let text = |name: &str| context[name].as_str().unwrap_or_default().to_owned();
    let user = || signing_in(url, at_once);
    let resource = Tokens::for_resource(url);
    Ok(match scenario.strip_prefix("auth/").unwrap_or(scenario) {
        "basic-cimd" => user().client_document(DOCUMENT),
        "dpop" | "dpop-nonce" => user().dpop(Dpop::generated()),
        // Only the specification of 2025-03-26 allows these.
        "2025-03-26-oauth-metadata-backcompat" | "2025-03-26-oauth-endpoint-fallback" => {
            user().danger_without_resource_metadata()
        }
        "pre-registration" => resource
            .client_at(
                issuer_of(url).await?,
                text("client_id"),
                text("client_secret"),
            )
            .authorize_by(REDIRECT_URI, at_once),
        "client-credentials-basic" => resource.client_at(
            issuer_of(url).await?,
            text("client_id"),
            text("client_secret"),
        ),
        "client-credentials-jwt" => {
            let assertion = Assertion::from_pem(Algorithm::Es256, &text("private_key_pem"))?;
            resource.client_at(issuer_of(url).await?, text("client_id"), assertion)
        }
        "enterprise-managed-authorization" => {
            let subject = SubjectToken::new(text("idp_id_token"), token_type::ID_TOKEN);
            let public = grantor::client::ClientCredential::None;
            let identity_provider =
                Tokens::token_exchange(text("idp_issuer"), text("idp_client_id"), public)
                    .requested_token_type(token_type::ID_JAG)
                    .subject_from(move || Some(subject.clone()))
                    .build()?;
            resource
                .client_at(
                    issuer_of(url).await?,
                    text("client_id"),
                    text("client_secret"),
                )
                .managed_by(identity_provider)
        }
        "wif-jwt-bearer" => {
            let workload = text("valid_jwt");
            let public = grantor::client::ClientCredential::None;
            resource
                .client_at(issuer_of(url).await?, text("client_id"), public)
                .assertion_by(move |_| std::future::ready(Ok(workload.as_str().into())))
        }
        _ => user(),
    })
}

/// The server that a client of these scenarios is known to; its operator would know.
async fn issuer_of(url: &str) -> Result<String, Failure> {
    let metadata = Tokens::for_resource(url).discover_resource().await?;
    let mut servers = metadata.authorization_servers.iter();
    Ok(servers.next().ok_or("no authorization server")?.to_string())
}

/// A user at a terminal.
async fn at_the_terminal(url: Url) -> Result<String, Failure> {
    eprintln!("Open this in a browser:\n\n  {url}\n\nand paste the address where it ends:");
    let line = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).map(|_| line)
    });
    Ok(line.await??.trim().to_owned())
}

/// A user who agrees to everything: the server of the tests redirects at once.
async fn at_once(url: Url) -> Result<String, Failure> {
    let request = http::Request::get(url.as_str()).body(bytes::Bytes::new())?;
    let answer = ReqwestTransport::new()?.send(request).await?;
    let location = answer.headers().get("location").ok_or("no redirect")?;
    Ok(location.to_str()?.to_owned())
}

/// An MCP server.
struct Mcp {
    session: Session,
    url: String,
    version: String,
}

impl Mcp {
    async fn use_a_tool(&self) -> Result<(), Failure> {
        if self.version != STATELESS {
            let parameters = json!({
                "protocolVersion": self.version,
                "capabilities": {},
                "clientInfo": { "name": "grantor", "version": "1" },
            });
            self.call("initialize", parameters).await?;
            self.notify("notifications/initialized").await?;
        }
        let listed = self.call("tools/list", json!({})).await?;
        let tools = listed["tools"].as_array();
        let Some(tool) = tools.and_then(|tools| tools.first()) else {
            println!("the server has no tools");
            return Ok(());
        };
        let parameters = json!({ "name": tool["name"], "arguments": {} });
        let called = self.call("tools/call", parameters).await?;
        println!("{}: {}", tool["name"], called["content"]);
        Ok(())
    }

    async fn call(&self, method: &str, mut parameters: Value) -> Result<Value, Failure> {
        if self.version == STATELESS {
            parameters["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": self.version,
                "io.modelcontextprotocol/clientInfo": { "name": "grantor", "version": "1" },
                "io.modelcontextprotocol/clientCapabilities": {},
            });
        }
        let message =
            json!({ "jsonrpc": "2.0", "id": method, "method": method, "params": parameters });
        let answer = self.send(&message).await?;
        // A stream of events has the message in a line of its own.
        let mut lines = answer.lines();
        let text = match answer.starts_with('{') {
            true => Some(&*answer),
            false => lines.find_map(|line| line.strip_prefix("data:")),
        };
        let answer: Value = serde_json::from_str(text.unwrap_or_default())?;
        match answer.get("error") {
            Some(error) => Err(format!("{method}: {error}").into()),
            None => Ok(answer["result"].clone()),
        }
    }

    async fn notify(&self, method: &str) -> Result<(), Failure> {
        let message = json!({ "jsonrpc": "2.0", "method": method });
        self.send(&message).await.map(drop)
    }

    async fn send(&self, message: &Value) -> Result<String, Failure> {
        let request = self
            .session
            .post(&self.url)
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", &self.version)
            .json(message);
        let answer = request.send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        match status.is_success() {
            true => Ok(text),
            false => Err(format!(
                "{}: the server answered {status}: {text}",
                message["method"]
            )
            .into()),
        }
    }
}
