//! The clock of the standard library, and the generator of the cryptography library.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

pub(crate) use grantor_jose::random::fill;

/// Returns the time since the first call. On some systems it stops while the machine sleeps: then
/// a token that expires meanwhile is used once more, and the API's 401 renews it.
pub(crate) fn elapsed() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    // Never zero, which would be no time at all.
    START.get_or_init(Instant::now).elapsed() + Duration::from_nanos(1)
}
