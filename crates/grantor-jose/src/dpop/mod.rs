//! Proofs that a client has the key that its tokens are bound to (RFC 9449).
//!
//! Not done here, because it takes a memory: that `jti` is new ([`Proof::remember_until`]). Nor that
//! there is only one `DPoP` header in the request.
//!
//! ```
//! use grantor_jose::{Algorithm, Key, Timestamp, dpop};
//!
//! let key = Key::generate(Algorithm::Es256)?;
//! let now = Timestamp::from_secs(1_760_000_000);
//! let request = dpop::Request::new("POST", "https://as.example.com/token");
//! let proof = dpop::sign(&key, &request, "a new random text", now)?;
//!
//! let proof = dpop::verify(&proof, &request, &dpop::Policy::new(), now)?;
//! assert_eq!(proof.thumbprint, key.key_id());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod nonce;
mod policy;
mod proof;
mod request;
mod uri;

pub use nonce::Nonces;
pub use policy::Policy;
pub use proof::{Proof, sign, verify};
pub use request::Request;
