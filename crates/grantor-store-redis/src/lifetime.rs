//! When Redis deletes a record by itself.

use std::time::Duration;

use grantor_core::Timestamp;

/// The longest lifetime that Redis is given, in milliseconds: a century. Redis adds it to its own time,
/// and the sum must be a number.
const LONGEST: i64 = 100 * 365 * 86_400_000;

/// The option of `SET` by which Redis deletes a record `later` after its end. It is a lifetime where a
/// caller's time `now` is known: a record lives as long as the caller says, whatever the clock of Redis
/// says. Otherwise it is a time since 1970.
pub(crate) fn deletion(
    expires_at: Timestamp,
    later: Duration,
    now: Option<Timestamp>,
) -> (&'static str, i64) {
    let at = (expires_at + later).as_millis();
    match now {
        // It takes no time before 1970.
        None => ("PXAT", at.max(1)),
        Some(now) => ("PX", at.saturating_sub(now.as_millis()).clamp(1, LONGEST)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_kept_by_the_callers_clock_where_that_is_known() {
        let later = Duration::from_secs(300);
        let at = |seconds, now| deletion(Timestamp::from_secs(seconds), later, now);
        assert_eq!(at(1000, None), ("PXAT", 1_300_000));
        assert_eq!(at(-1000, None), ("PXAT", 1));
        let now = Some(Timestamp::from_secs(900));
        assert_eq!(at(1000, now), ("PX", 400_000));
        assert_eq!(at(-1000, now), ("PX", 1));
        let never = deletion(Timestamp::from_millis(i64::MAX), later, now);
        assert_eq!(never, ("PX", LONGEST));
    }
}
