//! Access tokens at an API, with a fake network in which the issuer is.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that fails is a test that fails"
)]

mod building;
mod calls;
mod discovery;
mod dpop;
mod errors;
mod in_process;
mod introspection;
mod jwt;
mod layer;
mod nested;
mod signed_introspection;
mod step_up;
mod support;
