//! OAuth 1.0a (RFC 5849), for the APIs that never moved on: requests are signed (section 3), and a
//! client gets the credentials of a token in three steps (section 2).
//!
//! A request is signed in place, and its body stays what it is: only [`Placement::Body`] adds to a
//! form. Nonce and timestamp are arguments. Nothing here sends a request.
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
mod base_string_uri;
mod credentials_response;
mod encoding;
mod error;
mod method;
mod place;
mod protocol_parameter;
mod signature;
mod signing;
mod steps;

pub use base_string::base_string;
pub use credentials_response::{CredentialsError, CredentialsResponse};
pub use error::Unsignable;
pub use method::{OwnMethod, RsaKey, SignatureMethod, UnsuitableKey};
pub use place::Placement;
pub use signature::{RequestBody, RequestParts, Signature};
pub use signing::{BodyHash, Credentials, Signing};
pub use steps::{Callback, CallbackError, verifier_of_callback};
