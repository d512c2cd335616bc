//! Dates in headers (RFC 9110 section 5.6.7).

use grantor_jose::Timestamp;

/// A date in one of the three forms that recipients must accept. The name of the weekday is not held
/// against the date.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let (weekday, rest) = text.split_once(' ')?;
    match weekday.strip_suffix(',') {
        // "Sun, 06 Nov 1994 08:49:37 GMT", and obsolete "Sunday, 06-Nov-94 08:49:37 GMT".
        Some(weekday) => {
            let (date, time) = rest.strip_suffix(" GMT")?.rsplit_once(' ')?;
            let mut parts = date.split([' ', '-']);
            let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
            let is_whole = parts.next().is_none() && is_weekday(weekday);
            is_whole.then(|| instant(year, month, day, time))?
        }
        // Obsolete "Sun Nov  6 08:49:37 1994".
        None => {
            let mut parts = rest.split_ascii_whitespace();
            let (month, day) = (parts.next()?, parts.next()?);
            let (time, year) = (parts.next()?, parts.next()?);
            let is_whole = parts.next().is_none() && is_weekday(weekday);
            is_whole.then(|| instant(year, month, day, time))?
        }
    }
}

fn instant(year: &str, month: &str, day: &str, time: &str) -> Option<Timestamp> {
    let year = match (year.len(), number(year)?) {
        // As most recipients do. The RFC has the last fifty years instead, for which it takes a clock.
        (2, year) if year < 70 => 2000 + year,
        (2, year) => 1900 + year,
        (4, year) => year,
        _ => return None,
    };
    let month = MONTHS.iter().position(|name| *name == month)? as i64;
    let day = within(number(day)?, 1, 31)?;
    let mut parts = time.split(':');
    let hour = within(number(parts.next()?)?, 0, 23)?;
    let minute = within(number(parts.next()?)?, 0, 59)?;
    // With a leap second.
    let second = within(number(parts.next()?)?, 0, 60)?;
    let seconds = ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    parts
        .next()
        .is_none()
        .then(|| Timestamp::from_secs(seconds))
}

/// Days since 1970; the month counts from zero. The year begins with March, so that the day that
/// leap years have more is its last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month < 2 {
        (year - 1, month + 10)
    } else {
        (year, month - 2)
    };
    let leap_days = year / 4 - year / 100 + year / 400;
    // 1970-01-01 is day 719,469 of this count.
    year * 365 + leap_days + (153 * month + 2) / 5 + day - 719_469
}

/// Up to four digits and nothing else.
fn number(text: &str) -> Option<i64> {
    let is_number = text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}

fn within(number: i64, least: i64, most: i64) -> Option<i64> {
    (least..=most).contains(&number).then_some(number)
}

fn is_weekday(name: &str) -> bool {
    let mut weekdays = WEEKDAYS.iter();
    weekdays.any(|day| name == *day || name == &day[..3])
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const WEEKDAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn all_three_forms_are_read() {
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ] {
            assert_eq!(
                parse(text),
                Some(Timestamp::from_secs(784_111_777)),
                "{text}"
            );
        }
    }

    #[test]
    fn days_are_counted_through_leap_years() {
        for (text, seconds) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Mon, 28 Feb 2000 23:59:59 GMT", 951_782_399),
            ("Tue, 29 Feb 2000 00:00:00 GMT", 951_782_400),
            ("Wed, 01 Mar 2000 00:00:00 GMT", 951_868_800),
            ("Thu, 31 Dec 2026 23:59:59 GMT", 1_798_761_599),
            ("Fri, 01 Jan 2100 00:00:00 GMT", 4_102_444_800),
            ("Mon, 01 Mar 2100 00:00:00 GMT", 4_107_542_400),
            ("Fri, 31 Dec 9999 23:59:60 GMT", 253_402_300_800),
        ] {
            assert_eq!(parse(text), Some(Timestamp::from_secs(seconds)), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "Sun,",
            "Sun, ",
            "GMT",
            "Sun, GMT",
            "Sun, 06 Nov 1994 08:49:37",
            "Sun, 06 Nov 1994 08:49:37 CET",
            "Son, 06 Nov 1994 08:49:37 GMT",
            "Sun, 06 Now 1994 08:49:37 GMT",
            "Sun, 32 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 194 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:49:37 GMT",
            "Sun, 06 Nov 1994 08:49 GMT",
            "Sun, 06 Nov 1994 08:49:37:1 GMT",
            "Sun, -6 Nov 1994 08:49:37 GMT",
            "Sun, +6 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 1 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994 GMT",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(Sun|Monday|é)?,? ?[0-9 NovGMT:é-]{0,30}( GMT)?") {
            let _ = parse(&text);
        }
    }
}
