//! JWT (RFC 7519) with one validation policy per kind of token (RFC 8725 sections 3.11, 3.12).
//!
//! Only the compact serialization; signed, or signed and then encrypted. Claims that a kind of
//! token adds to the registered ones are checked by the code for that kind.

mod claims;
mod kind;
#[cfg(feature = "jwe")]
mod nested;
mod peek;
mod policy;
mod sign;
mod typ;
mod verify;

pub use claims::Claims;
#[cfg(feature = "jwe")]
pub use nested::{sign_and_encrypt, verify_nested};
pub use peek::{claimed_issuer, unverified_claims};
pub use policy::Policy;
pub(crate) use sign::sign_written;
pub use sign::{sign, sign_json, sign_with};
pub use typ::Typ;
pub use verify::{Verified, verify};
