//! The group `protocols`: a DPoP proof, a signature of OAuth 1.0a and the validation of an ID token, each
//! beside the raw primitives of the same bytes and beside another client.

mod dpop;
mod id_token;
mod oauth1;
mod raw;
mod row;

use std::process::ExitCode;

use harness::{Group, Options, Result};

use self::row::Row;

fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [verb, name, _, calls] = &arguments[..]
        && verb == "count"
    {
        row::repeat(&rows()?, name, calls.parse()?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut group = Group::new("protocols", Options::read(arguments)?)?;
    for row in &mut rows()? {
        row.measure(&mut group)?;
    }
    group.finish()
}

fn rows() -> Result<[Row; 3]> {
    Ok([dpop::row()?, oauth1::row()?, id_token::row()?])
}
