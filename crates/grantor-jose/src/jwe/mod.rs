//! JWE (RFC 7516).

mod algorithm;

pub use algorithm::{ContentEncryption, KeyManagement};
