//! The crate as its users see it, against vectors of specifications and attacks.

#![allow(
    clippy::unwrap_used,
    reason = "helpers of tests, which clippy takes for other code"
)]

mod attacks;
mod examples;
mod keys;
mod policies;
mod signing;
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
