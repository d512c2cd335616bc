//! What time it is for the callers of a store, whose database may have another clock.

use std::sync::atomic::{AtomicI64, Ordering};

use grantor_core::Timestamp;

/// The wall time of a caller, as a store observed it last. An adapter reckons lifetimes by it, so that a
/// record lives as long as the caller says, whatever the clock of the database says.
#[derive(Debug)]
pub struct CallersTime(AtomicI64);

/// No caller's time is known yet.
const UNKNOWN: i64 = i64::MIN;

impl CallersTime {
    /// No caller's time is known yet.
    #[must_use]
    pub fn unknown() -> Self {
        Self(AtomicI64::new(UNKNOWN))
    }

    /// Takes the time of a caller.
    pub fn observe(&self, now: Timestamp) {
        self.0.store(now.as_millis(), Ordering::Relaxed);
    }

    /// The time that was observed last; none before the first.
    #[must_use]
    pub fn get(&self) -> Option<Timestamp> {
        let millis = self.0.load(Ordering::Relaxed);
        (millis != UNKNOWN).then(|| Timestamp::from_millis(millis))
    }
}
