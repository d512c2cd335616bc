//! The group `main`: what a token costs at the token endpoint, beside bare handlers.
//!
//! The program measures; started with `serve` or `count` it is what it measures.

mod introspection;
mod memory;
mod requests;
mod rows;
mod side;
mod warm;

use std::path::Path;
use std::process::ExitCode;

use harness::{Group, Options, Result, repeat};

fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["serve", "limit", kind, _] => limit::serve(kind.parse()?)?,
        ["serve", "server", kind, directory] => server::serve(kind.parse()?, Path::new(directory))?,
        ["serve", "peer", ..] => peer::serve()?,
        ["count", "limit", "bare_introspection", _, calls] => {
            introspection::repeat_bare(calls.parse()?)?;
        }
        ["count", "server", "introspect_opaque", directory, calls] => {
            introspection::repeat_ours(Path::new(directory), calls.parse()?)?;
        }
        ["count", "limit", kind, _, calls] => {
            let router = limit::router(kind.parse()?)?;
            repeat(&router, &requests::TOKEN, calls.parse()?)?;
        }
        ["count", "server", kind, directory, calls] => {
            let runtime = tokio::runtime::Builder::new_current_thread().build()?;
            let server = runtime.block_on(server::build(kind.parse()?, Path::new(directory)))?;
            repeat(&server, &requests::TOKEN, calls.parse()?)?;
        }
        ["count", "client", _, _, calls] => warm::repeat(calls.parse()?)?,
        _ => {
            let mut group = Group::new("main", Options::read(arguments)?)?;
            rows::measure(&mut group)?;
            return group.finish();
        }
    }
    Ok(ExitCode::SUCCESS)
}
