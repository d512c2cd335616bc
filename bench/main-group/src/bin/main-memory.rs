//! The bytes that each opaque token takes in a store in memory, by an allocator that counts.
//!
//! A program of its own, as counting would slow down everything else that the group measures. It
//! runs on one thread, whose allocations are those that are counted.

#[path = "../requests.rs"]
mod requests;

use std::io::Write;
use std::path::Path;

use harness::{Result, repeat};
use server::Kind;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let bytes = match words.as_slice() {
        ["server"] => {
            let server = runtime.block_on(server::build(Kind::OpaqueMemory, Path::new("")))?;
            bytes_for_a_token(|tokens| repeat(&server, &requests::TOKEN, tokens))?
        }
        ["oauth_as"] => {
            let router = runtime.block_on(peer::router())?;
            bytes_for_a_token(|tokens| repeat(&router, &requests::TOKEN, tokens))?
        }
        ["oxide_auth"] => {
            let router = peer::oxide_auth_router()?;
            bytes_for_a_token(|tokens| repeat(&router, &requests::TOKEN, tokens))?
        }
        _ => return Err("say whose tokens: server, oauth_as or oxide_auth".into()),
    };
    Ok(writeln!(std::io::stdout(), "{bytes}")?)
}

/// The memory that is left of the tokens that `issue` has issued, one by one.
fn bytes_for_a_token(issue: impl Fn(u64) -> Result<()>) -> Result<f64> {
    // This part is there once for all tokens.
    issue(1)?;
    let mut outcome = Ok(());
    let counted = allocation_counter::measure(|| outcome = issue(TOKENS));
    outcome?;
    Ok(counted.bytes_current as f64 / TOKENS as f64)
}

/// So many that a hundred to warm up, and how full a table is, make little difference.
const TOKENS: u64 = 100_000;
