//! JWS (RFC 7515), whatever the payload is: compact, with the payload elsewhere, and with the
//! feature `jws-json` in JSON.
//!
//! Key material in a header (`jwk`, `jku`, `x5c`, `x5u`) is never used, and URLs in it are never
//! fetched. The one extension that `crit` may name is `b64` (RFC 7797), and only where a function
//! says so.
//!
//! ```
//! use grantor_jose::{Algorithm, Key, KeySet, jws};
//!
//! let key = Key::generate(Algorithm::EdDsa)?;
//! let keys: KeySet = key.public().cloned().into_iter().collect();
//! let token = jws::sign(&key, &jws::Header::new(), b"hello")?;
//! assert_eq!(jws::verify(&token, &keys, &[Algorithm::EdDsa])?.payload, b"hello");
//!
//! let signature = jws::sign_detached(&key, &jws::Header::new().unencoded(), b"a file")?;
//! jws::verify_detached(&signature, b"a file", &keys, &[Algorithm::EdDsa])?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod compact;
mod header;
#[cfg(feature = "jws-json")]
mod json_sign;
#[cfg(feature = "jws-json")]
mod json_verify;
mod sign;

use std::fmt;

use crate::{Algorithm, Error, KeySet};

pub(crate) use compact::Compact;
pub use header::Header;
pub(crate) use header::{Extensions, push_header, push_proof_header};
#[cfg(feature = "jws-json")]
pub use json_sign::{sign_json, sign_json_detached};
#[cfg(feature = "jws-json")]
pub use json_verify::{verify_json, verify_json_detached};
pub(crate) use sign::{into_string, push_signature};
pub use sign::{sign, sign_detached, sign_with};

/// A token whose signature was verified.
#[derive(Clone)]
#[non_exhaustive]
pub struct Jws {
    /// How it is signed.
    pub algorithm: Algorithm,
    /// The `kid` of its header.
    pub key_id: Option<String>,
    /// The `typ` of its header, unchanged.
    pub typ: Option<String>,
    /// The `cty` of its header, unchanged.
    pub content_type: Option<String>,
    /// The signed bytes.
    pub payload: Vec<u8>,
}

impl fmt::Debug for Jws {
    /// Leaves out the payload.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jws")
            .field("algorithm", &self.algorithm)
            .field("key_id", &self.key_id)
            .field("typ", &self.typ)
            .finish_non_exhaustive()
    }
}

/// Verifies a compact token with the one key of `keys` that its header means, if its algorithm is
/// one of `algorithms`.
///
/// # Errors
/// See [`Error`]; of those about claims, none.
pub fn verify(token: &str, keys: &KeySet, algorithms: &[Algorithm]) -> Result<Jws, Error> {
    Compact::read(token, Extensions::None, |token| {
        token.verify(keys, algorithms)
    })
}

/// Verifies a compact token whose payload is not encoded (RFC 7797 section 5.2) but is in it
/// as text without dots.
///
/// # Errors
/// As [`verify`]; [`Error::Encoding`] if the payload has characters beyond printable ASCII, and
/// [`Error::InvalidHeader`] if the header does not say `"b64":false`.
pub fn verify_unencoded(
    token: &str,
    keys: &KeySet,
    algorithms: &[Algorithm],
) -> Result<Jws, Error> {
    Compact::read(token, Extensions::Unencoded, |token| {
        token.verify_unencoded(keys, algorithms)
    })
}

/// Verifies a compact token without its payload (RFC 7515 appendix F) against `payload`, encoded
/// or not (RFC 7797) as the header says.
///
/// # Errors
/// As [`verify`]; [`Error::NotCompact`] if there is a payload in the token.
pub fn verify_detached(
    token: &str,
    payload: &[u8],
    keys: &KeySet,
    algorithms: &[Algorithm],
) -> Result<Jws, Error> {
    Compact::read(token, Extensions::Unencoded, |token| {
        token.verify_detached(payload, keys, algorithms)
    })
}

/// More than a header of HTTP takes, so that only forms and bodies could carry more.
pub(crate) const MAX_TOKEN_BYTES: usize = 64 * 1024;
