//! Requests signed as OAuth 1.0a wants it (RFC 5849 section 3), for the APIs that never moved on.
//!
//! A request is signed in place, and its body stays what it is: only [`Placement::Body`] adds to a
//! form. Nonce and timestamp are arguments. What is here is the signature of one request; nothing
//! sends it yet, and temporary credentials (RFC 5849 section 2) are asked for with the same function
//! and `oauth_callback` or `oauth_verifier` among [`Signing::extra`]. The methods with RSA are
//! absent.
//!
//! ```
//! use bytes::Bytes;
//! use grantor_core::Timestamp;
//! use grantor_core::oauth1::{Credentials, Signing};
//! use http::Request;
//!
//! let mut signing = Signing::new(Credentials::new("app", "s3cret"));
//! signing.token = Some(Credentials::new("token", "its secret"));
//! let mut request = Request::get("https://api.example/things?page=2").body(Bytes::new())?;
//! signing.sign(&mut request, "a nonce", Timestamp::from_secs(1_760_000_000))?;
//! let header = request.headers()["authorization"].to_str()?;
//! assert!(header.starts_with("OAuth oauth_consumer_key=\"app\", "));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod base_string;
mod error;
mod method;
mod parameters;
mod place;
mod signing;

pub use base_string::base_string;
pub use error::Unsignable;
pub use method::SignatureMethod;
pub use place::Placement;
pub use signing::{BodyHash, Credentials, Signing};
