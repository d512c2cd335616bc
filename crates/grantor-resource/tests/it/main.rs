//! Tokens at the door of an API, with an issuer that lives in a fake network.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that fails is a test that fails"
)]

mod building;
mod discovery;
mod in_process;
mod introspection;
mod jwt;
mod layer;
mod support;
