//! The crate as its users see it, against vectors of specifications and attacks.

#![allow(
    clippy::unwrap_used,
    reason = "helpers of tests, which clippy takes for other code"
)]

mod attacks;
mod cookbook;
mod corpus;
mod dpop;
mod encryption;
mod examples;
mod hostile;
mod imports;
mod jwe;
mod keys;
mod kinds;
mod policies;
mod printed;
mod serializations;
mod signing;
mod table;
mod wycheproof;

use serde_json::Value;

/// A file of `vectors/jose`.
fn vectors(file: &str) -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/jose/");
    let json = std::fs::read(format!("{folder}{file}")).unwrap();
    serde_json::from_slice(&json).unwrap()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn from_hex(hex: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(byte).collect()
}
