//! The group `server`: what each kind of request costs a server, beside bare handlers and beside other
//! servers.
//!
//! The program measures; started with `serve` or `count` it is what it measures.

mod count;
mod foreign;
mod idle;
mod program;
mod proofs;
mod requests;
mod rows;

use std::path::Path;
use std::process::ExitCode;

use harness::{Cores, Group, Options, Result};

fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["serve", "limit", kind, _] => limit::serve(kind.parse()?)?,
        ["serve", "server", "grants", _] => server::serve_grants()?,
        ["serve", "server", kind, directory] => server::serve(kind.parse()?, Path::new(directory))?,
        ["serve", "peer", "oxide_auth", _] => peer::serve_oxide_auth()?,
        ["serve", "peer", kind, _] => peer::serve_extensions(kind)?,
        ["count", asked, _, calls] => count::repeat(asked, calls.parse()?)?,
        _ => {
            let mut group = Group::new("server", Options::read(arguments)?)?;
            // Found once: from the first server on this process is tied to one core.
            let cores = Cores::find()?;
            rows::measure(&mut group, cores)?;
            idle::measure(&mut group, cores)?;
            return group.finish();
        }
    }
    Ok(ExitCode::SUCCESS)
}
