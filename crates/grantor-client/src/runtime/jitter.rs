//! A random part of a pause, so that many processes do not act at once.

use grantor_core::Environment;

/// A number between 0 and 1.
pub(crate) fn jitter(environment: &Environment) -> f64 {
    let bytes = environment.random_bytes();
    f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX)
}
