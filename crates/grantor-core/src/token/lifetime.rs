//! Lifetimes, as servers write them.

use std::time::Duration;

use serde_json::Value;

/// A hundred years is for ever, and keeps all later arithmetic in range.
const FOR_EVER: f64 = 3_155_760_000.0;

/// Seconds as a number, a fraction or a string; null and the empty string are "unknown" (the inner
/// none). The outer none: it is no number of seconds, or a negative one, or one beyond what a 64-bit
/// integer holds. Up to there servers write "never ends" that way.
pub(crate) fn lifetime(value: &Value) -> Option<Option<Duration>> {
    let seconds = match value {
        Value::Null => return Some(None),
        Value::Number(number) => number.as_f64()?,
        Value::String(text) if text.trim().is_empty() => return Some(None),
        Value::String(text) => text.trim().parse::<f64>().ok()?,
        _ => return None,
    };
    let plausible = (0.0..=18_446_744_073_709_551_616.0).contains(&seconds);
    plausible.then(|| Some(Duration::from_secs_f64(seconds.min(FOR_EVER))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Option<Option<Duration>> {
        lifetime(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn reads_lifetimes_as_servers_write_them() {
        for text in ["3600", "\"3600\"", "3600.0", "\" 3600 \"", "3.6e3"] {
            assert_eq!(read(text), Some(Some(Duration::from_secs(3600))), "{text}");
        }
        assert_eq!(read("0"), Some(Some(Duration::ZERO)));
        assert_eq!(read("null"), Some(None));
        assert_eq!(read("\"\""), Some(None));
    }

    #[test]
    fn the_largest_integers_are_for_ever() {
        let for_ever = Some(Some(Duration::from_secs(3_155_760_000)));
        for text in ["9223372036854775807", "18446744073709551615", "99999999999"] {
            assert_eq!(read(text), for_ever, "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_not_read() {
        for text in [
            "-5", "1e300", "\"soon\"", "\"NaN\"", "\"inf\"", "\"-1\"", "[]", "true", "{}",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
