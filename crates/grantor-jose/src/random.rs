//! The cryptography library's random bytes.
//!
//! Nothing in this crate or in `grantor-core` calls this, since randomness is an argument there:
//! it is for the edge that hands it in, `SystemRandom` of `grantor-http`.

use aws_lc_rs::rand;

use crate::Error;

/// Fills `bytes` from a generator that the operating system's randomness seeds.
///
/// # Errors
///
/// [`Error::Unavailable`], if the system has no randomness.
pub fn fill(bytes: &mut [u8]) -> Result<(), Error> {
    rand::fill(bytes).map_err(|_| Error::Unavailable)
}
