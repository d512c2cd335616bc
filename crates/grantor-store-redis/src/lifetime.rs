//! When Redis deletes a record by itself.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use grantor_core::Timestamp;

/// The longest length of time that Redis is told, in milliseconds: a century. Its sum with the time
/// must be a number.
const LONGEST: i64 = 100 * 365 * 86_400_000;
/// Nobody has told the time.
const UNTOLD: i64 = i64::MIN;

/// What time it is for the callers, as they told it last.
pub(crate) struct CallersTime(AtomicI64);

impl CallersTime {
    pub(crate) fn unknown() -> Self {
        Self(AtomicI64::new(UNTOLD))
    }

    pub(crate) fn tell(&self, now: Timestamp) {
        self.0.store(now.as_millis(), Ordering::Relaxed);
    }

    /// What `SET` is told of a record that Redis deletes so long after its end. It is a length of time
    /// where a caller's time is known: a record lives as long as the caller says, whatever the clock of
    /// Redis says.
    pub(crate) fn deletion(&self, expires_at: Timestamp, later: Duration) -> (&'static str, i64) {
        let at = (expires_at + later).as_millis();
        match self.0.load(Ordering::Relaxed) {
            // It takes no time before 1970.
            UNTOLD => ("PXAT", at.max(1)),
            now => ("PX", at.saturating_sub(now).clamp(1, LONGEST)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_kept_by_the_callers_clock_where_that_is_known() {
        let (time, later) = (CallersTime::unknown(), Duration::from_secs(300));
        let deletion = |seconds| time.deletion(Timestamp::from_secs(seconds), later);
        assert_eq!(deletion(1000), ("PXAT", 1_300_000));
        assert_eq!(deletion(-1000), ("PXAT", 1));
        time.tell(Timestamp::from_secs(900));
        assert_eq!(deletion(1000), ("PX", 400_000));
        assert_eq!(deletion(-1000), ("PX", 1));
        let never = time.deletion(Timestamp::from_millis(i64::MAX), later);
        assert_eq!(never, ("PX", LONGEST));
    }
}
