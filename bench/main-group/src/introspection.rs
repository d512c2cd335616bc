//! The cost of introspecting an opaque token.

use std::path::Path;

use grantor_server::Server;
use harness::{Exchange, Result, answer, repeat};
use server::Kind;

use crate::requests;

/// Introspects one opaque token again and again.
pub(crate) fn repeat_ours(directory: &Path, calls: u64) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let server = runtime.block_on(server::build(Kind::OpaqueMemory, directory))?;
    let token = runtime.block_on(token(&server))?;
    repeat(&server, &request(&token), calls)
}

/// Asks the bare handler about any token.
pub(crate) fn repeat_bare(calls: u64) -> Result<()> {
    let router = limit::router(limit::Kind::Introspection)?;
    repeat(&router, &request(&"A".repeat(67)), calls)
}

fn request(token: &str) -> Exchange {
    Exchange {
        path: "/introspect",
        headers: requests::HEADERS,
        body: format!("token={token}").into(),
    }
}

async fn token(server: &Server) -> Result<String> {
    let answer = answer(server, requests::TOKEN.request()).await?;
    let answer: serde_json::Value = serde_json::from_slice(answer.body())?;
    let token = answer["access_token"].as_str();
    Ok(token.ok_or("the server gave no token")?.to_owned())
}
