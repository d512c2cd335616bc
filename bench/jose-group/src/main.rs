//! The group `jose`: what a token of 400 bytes costs, beside the library's own call with a parsed
//! key, and beside jsonwebtoken.

mod encryption;
mod fixture;
mod peers;
mod signatures;

use std::process::ExitCode;

use harness::{Group, Options, Result};

fn main() -> Result<ExitCode> {
    let mut group = Group::new("jose", Options::read(std::env::args().skip(1))?)?;
    signatures::measure(&mut group)?;
    peers::measure(&mut group)?;
    encryption::measure(&mut group)?;
    group.finish()
}
