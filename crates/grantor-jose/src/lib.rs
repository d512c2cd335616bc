//! JWS, JWK, JWKS and JWT, and the primitives that the rest of grantor builds on.
//!
//! RFC 7515, 7517, 7518, 7519, 7638, 8037. The only crate that names the cryptography library.
//! Does no IO, spawns nothing, reads no clock; `now` is always an argument.

pub mod base64url;
pub mod digest;
mod time;

pub use time::Timestamp;
