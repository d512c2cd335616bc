//! Times as arguments.

use std::time::Duration;

/// A time as `90s`, `30m`, `24h` or `7d`; a number alone is seconds.
pub(crate) fn parse_span(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit: u64 = match &text[digits.len()..] {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err("a time ends with s, m, h or d, as 24h".to_owned()),
    };
    let seconds = digits.parse().ok().and_then(|n: u64| n.checked_mul(unit));
    // A time longer than a hundred years is a mistake.
    let seconds = seconds.filter(|seconds| *seconds <= 36_525 * 86_400);
    let seconds = seconds.ok_or("a time is a whole number with s, m, h or d, as 24h")?;
    Ok(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_a_number_with_a_unit() {
        for (text, seconds) in [
            ("0", 0),
            ("90s", 90),
            ("30m", 1800),
            ("24h", 86_400),
            ("7d", 604_800),
        ] {
            assert_eq!(parse_span(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for wrong in [
            "",
            "h",
            "-1h",
            "1.5h",
            "24 h",
            "24hours",
            "1w",
            "é",
            "36526d",
            "99999999999999999999d",
        ] {
            assert!(parse_span(wrong).is_err(), "{wrong}");
        }
    }
}
