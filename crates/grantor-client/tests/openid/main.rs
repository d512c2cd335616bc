//! A relying party of OpenID Connect before a provider that misbehaves. Tests are named after the modules
//! of the OpenID conformance suite that they carry out; `docs/openid-conformance.md` lists all.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../support/mod.rs"]
mod support;

mod ciba;
mod demands;
mod discovery;
mod fapi;
mod hostile;
mod id_tokens;
mod logout;
mod provider;
mod redirect_tokens;
mod refresh;
mod request_objects;
mod response_modes;
mod signatures;
mod user_info;
mod wrapped;
