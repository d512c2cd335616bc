//! The group `tokens`: what a token costs whoever calls an API, once there is one.
//!
//! The program measures; started with `count` it is what it measures.

mod contention;
mod latency;
mod memory;
mod peers;
mod warm;

use std::process::ExitCode;

use harness::{Group, Options, Result};
use tokens_group::layer;

fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let ["count", name, _, calls] = words.as_slice() {
        warm::repeat(name, calls.parse()?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut group = Group::new("tokens", Options::read(arguments)?)?;
    warm::measure(&mut group)?;
    layer::measure(&mut group)?;
    contention::measure(&mut group)?;
    memory::measure(&mut group)?;
    latency::measure(&mut group)?;
    group.finish()
}
