//! Tests of the clock of deletions.

use super::*;

const DAY: i64 = 24 * 3600;

fn tell(clock: &SweepClock, now: i64, elapsed: u64) -> Option<i64> {
    clock.observe(Moment {
        now: Timestamp::from_secs(now),
        elapsed: Duration::from_secs(elapsed),
    });
    clock.trusted().map(|trusted| trusted.as_millis() / 1000)
}

fn jumps(clock: &SweepClock) -> Vec<(i64, i64, bool)> {
    let seconds = |at: Timestamp| at.as_millis() / 1000;
    let notices = clock.take_notices().into_iter();
    notices
        .map(|notice| match notice {
            Notice::ClockJumped {
                from,
                to,
                restarted,
            } => (seconds(from), seconds(to), restarted),
            other => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn time_that_goes_by_is_trusted_also_after_a_long_pause() {
    let clock = SweepClock::new(None);
    assert_eq!(clock.trusted(), None);
    assert_eq!(tell(&clock, 1000, 5), Some(1000));
    // Nobody wrote for ten days.
    assert_eq!(
        tell(&clock, 1000 + 10 * DAY, 5 + 864_000),
        Some(1000 + 10 * DAY)
    );
    assert_eq!(
        tell(&clock, 1050 + 10 * DAY, 5 + 864_000),
        Some(1050 + 10 * DAY)
    );
    assert!(jumps(&clock).is_empty());
}

#[test]
fn a_clock_sixty_days_ahead_for_a_minute_is_not_trusted() {
    let clock = SweepClock::new(None);
    tell(&clock, 0, 0);
    assert_eq!(tell(&clock, 60 * DAY, 10), None);
    assert_eq!(tell(&clock, 60 * DAY + 60, 70), None);
    // It is right again; the hour since the last jump is not over.
    assert_eq!(tell(&clock, 71, 71), None);
    assert_eq!(tell(&clock, 3609, 3609), None);
    assert_eq!(tell(&clock, 3610, 3610), Some(3610));
    assert_eq!(
        jumps(&clock),
        [(0, 60 * DAY, false), (60 * DAY + 60, 71, false)]
    );
    assert!(jumps(&clock).is_empty(), "each is reported once");
}

#[test]
fn a_jump_that_lasts_is_believed_after_an_hour() {
    let clock = SweepClock::new(None);
    tell(&clock, 0, 0);
    assert_eq!(tell(&clock, 61, 0), None);
    assert_eq!(tell(&clock, 61 + 3600, 3600), Some(61 + 3600));
}

#[test]
fn a_start_after_a_gap_waits_and_one_without_does_not() {
    for (gap, trusted) in [(0, true), (900, true), (901, false), (60 * DAY, false)] {
        let clock = SweepClock::new(Some(Timestamp::from_secs(1000)));
        let now = 1000 + gap;
        assert_eq!(tell(&clock, now, 7), trusted.then_some(now), "{gap}");
        let reported = jumps(&clock);
        assert_eq!(reported.is_empty(), trusted, "{reported:?}");
        assert_eq!(tell(&clock, now + 3600, 3607), Some(now + 3600));
    }
}

#[test]
fn a_time_that_was_not_trusted_is_never_saved() {
    let clock = SweepClock::new(Some(Timestamp::from_secs(1000)));
    tell(&clock, 1001, 0);
    assert_eq!(clock.to_save(), None, "it is not due");
    tell(&clock, 1400, 399);
    assert_eq!(clock.to_save(), Some(Timestamp::from_secs(1400)));
    assert_eq!(clock.to_save(), None);
    clock.not_saved();
    assert_eq!(clock.to_save(), Some(Timestamp::from_secs(1400)));
    tell(&clock, 60 * DAY, 400);
    assert_eq!(clock.to_save(), None);
    // Back again, and an hour later.
    tell(&clock, 1500, 500);
    tell(&clock, 5000, 4000);
    assert_eq!(clock.to_save(), Some(Timestamp::from_secs(5000)));
}

#[test]
fn a_clock_behind_what_was_seen_is_reported_and_is_the_measure_from_then_on() {
    let clock = SweepClock::new(Some(Timestamp::from_secs(100_000)));
    assert_eq!(tell(&clock, 50_000, 0), Some(50_000));
    assert_eq!(jumps(&clock), [(100_000, 50_000, true)]);
    assert_eq!(clock.to_save(), Some(Timestamp::from_secs(50_000)));
}
