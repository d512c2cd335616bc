//! Time as one number, so that a look at it is one comparison.

use std::time::Duration;

/// Nanoseconds of a clock that never goes back: one comparison on the warm path.
pub(crate) type Nanos = u64;

pub(crate) const NEVER: Nanos = Nanos::MAX;

pub(crate) fn nanos(elapsed: Duration) -> Nanos {
    // 584 years fit; multiplying by hand avoids a division of 128 bits.
    elapsed
        .as_secs()
        .saturating_mul(1_000_000_000)
        .saturating_add(u64::from(elapsed.subsec_nanos()))
}
