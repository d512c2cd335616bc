//! Times as people read them.

use std::time::Duration;

use grantor_core::Timestamp;

/// A time, and how far it is from now: `2026-01-02T03:04:05Z, in 5 minutes`.
pub(crate) fn told(time: Timestamp, now: Timestamp) -> String {
    let distance = distance(time, now);
    match date(time) {
        Some(date) => format!("{date}, {distance}"),
        None => format!("{} s since 1970, {distance}", time.as_secs()),
    }
}

/// Returns the time in RFC 3339; none beyond the years that have four digits.
pub(crate) fn date(time: Timestamp) -> Option<String> {
    let seconds = time.as_secs();
    let (days, rest) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
    if !(-719_162..=2_932_896).contains(&days) {
        return None;
    }
    // Days since 1 March of the year 0; a year that begins in March has its leap day at its end.
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    Some(format!(
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"
    ))
}

/// `in 5 minutes`, `2 days ago`, `now`: the largest unit of which there are two, or one.
fn distance(time: Timestamp, now: Timestamp) -> String {
    let (ahead, behind) = (time.since(now), now.since(time));
    if ahead.as_secs() > 0 {
        return format!("in {}", span(ahead));
    }
    if behind.as_secs() > 0 {
        return format!("{} ago", span(behind));
    }
    "now".to_owned()
}

fn span(time: Duration) -> String {
    let seconds = time.as_secs();
    let units = [
        (31_556_952, "year"),
        (86_400, "day"),
        (3600, "hour"),
        (60, "minute"),
    ];
    let (size, name) = units
        .into_iter()
        .find(|(size, _)| seconds >= 2 * size)
        .unwrap_or((1, "second"));
    let count = seconds / size;
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {name}{plural}")
}

const DAY: i64 = 86_400;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_secs(seconds)
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"),
            (1_700_000_000, "2023-11-14T22:13:20Z"),
            (-62_135_596_800, "0001-01-01T00:00:00Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(date(at(seconds)).as_deref(), Some(expected));
        }
        for beyond in [-62_135_596_801, 253_402_300_800, i64::MIN, i64::MAX] {
            assert_eq!(date(at(beyond)), None, "{beyond}");
        }
    }

    #[test]
    fn distances_are_in_the_unit_that_says_most() {
        for (seconds, expected) in [
            (0, "now"),
            (1, "in 1 second"),
            (119, "in 119 seconds"),
            (120, "in 2 minutes"),
            (7200, "in 2 hours"),
            (-172_800, "2 days ago"),
            (-3600, "60 minutes ago"),
        ] {
            assert_eq!(distance(at(1000 + seconds), at(1000)), expected);
        }
        assert!(
            told(at(i64::MAX), at(0)).contains("in 292277"),
            "{}",
            told(at(i64::MAX), at(0))
        );
        assert!(told(at(i64::MIN), at(0)).contains("ago"));
    }
}
