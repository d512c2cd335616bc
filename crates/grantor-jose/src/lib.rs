//! JWS, JWE, JWK, JWKS and JWT, and the primitives that the rest of grantor builds on.
//!
//! RFC 7515 to 7519, 7638, 7797, 8037, 8812, 9278, 9449. The only crate that names the cryptography
//! library. Does no IO, spawns nothing, reads no clock; `now` is always an argument.
//!
//! ```
//! use grantor_jose::{Algorithm, Key, KeySet, Timestamp, jwt};
//!
//! let key = Key::generate(Algorithm::Es256)?;
//! let claims = serde_json::json!({
//!     "iss": "https://as.example.com", "aud": "https://api.example.com", "sub": "user-1",
//!     "client_id": "client-1", "jti": "1", "iat": 1_760_000_000, "exp": 1_760_000_300,
//! });
//! let token = jwt::sign(&key, jwt::Typ::ACCESS_TOKEN, &claims)?;
//!
//! let keys: KeySet = key.public().cloned().into_iter().collect();
//! let policy = jwt::Policy::access_token("https://as.example.com", "https://api.example.com");
//! let now = Timestamp::from_secs(1_760_000_010);
//! let verified = jwt::verify(&token, &keys, &policy, now)?;
//! assert_eq!(verified.claims.subject.as_deref(), Some("user-1"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | feature | adds |
//! |---|---|
//! | `jws-json` | signed tokens in JSON: `jws::sign_json`, `jws::verify_json` |
//! | `jwe` | encryption and decryption: the rest of [`jwe`] beside the names of its algorithms, [`jwt::sign_and_encrypt`] and [`jwt::verify_nested`] |
//! | `deflate` | adds `jwe`, and `jwe::Policy::danger_inflate_up_to`, for encrypted tokens with compressed content (`zip`); without it they are refused |
//!
#![doc = include_str!("../VECTORS.md")]

mod algorithm;
pub mod base64url;
#[doc(hidden)]
pub mod check;
mod der;
pub mod digest;
pub mod dpop;
mod error;
mod json;
#[cfg(feature = "jwe")]
pub mod jwe;
mod jwe_algorithm;
mod jwk;
pub mod jws;
pub mod jwt;
mod key;
mod leeway;
mod pem;
pub mod random;
pub mod seal;
mod signer;
mod time;

/// The algorithms that a key for encryption may name. The feature `jwe` adds encryption itself.
#[cfg(not(feature = "jwe"))]
pub mod jwe {
    pub use crate::jwe_algorithm::{ContentEncryption, KeyManagement};
}

pub use algorithm::Algorithm;
pub use error::{Error, Part};
pub use json::ObjectWriter;
pub use jwk::{KeySet, PublicKey, Skipped};
pub use key::Key;
pub use leeway::{InvalidLeeway, Leeway};
pub use signer::{BoxFuture, SignError, Signature, Signer};
pub use time::Timestamp;
