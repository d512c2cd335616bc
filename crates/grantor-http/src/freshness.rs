//! For how long an answer is fresh, as it says itself (RFC 9111 section 4.2).

use std::time::Duration;

use http::{HeaderMap, header};

/// The `max-age` of `Cache-Control` less the `Age`; zero for what must not be used again unasked. None
/// if the answer says nothing that can be read.
#[must_use]
pub fn freshness(headers: &HeaderMap) -> Option<Duration> {
    let values = headers.get_all(header::CACHE_CONTROL).iter();
    let directives = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|directive| {
            let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
            (name.trim(), value.trim().trim_matches('"'))
        });
    let mut max_age = None;
    for (name, value) in directives {
        if name.eq_ignore_ascii_case("no-store") || name.eq_ignore_ascii_case("no-cache") {
            return Some(Duration::ZERO);
        }
        if name.eq_ignore_ascii_case("max-age") && max_age.is_none() {
            max_age = seconds(value);
        }
    }
    let age = headers.get(header::AGE);
    let age = age.and_then(|age| seconds(age.to_str().ok()?.trim()));
    Some(max_age?.saturating_sub(age.unwrap_or_default()))
}

/// RFC 9111 section 1.2.2: a number that is too large is a very long time.
fn seconds(text: &str) -> Option<Duration> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| Duration::from_secs(text.parse().unwrap_or(u64::from(u32::MAX))))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn answers_say_how_long_they_are_fresh() {
        let check = |cache_control: &[&str], age: Option<&str>, expected: Option<u64>| {
            let mut headers = HeaderMap::new();
            for value in cache_control {
                let value = HeaderValue::from_str(value).unwrap();
                headers.append(header::CACHE_CONTROL, value);
            }
            if let Some(age) = age {
                headers.insert(header::AGE, HeaderValue::from_str(age).unwrap());
            }
            let expected = expected.map(Duration::from_secs);
            assert_eq!(freshness(&headers), expected, "{cache_control:?} {age:?}");
        };
        check(&[], None, None);
        check(&["public"], None, None);
        check(&["public, max-age=300"], None, Some(300));
        check(&["public", "Max-Age = \"300\""], None, Some(300));
        check(&["max-age=300, max-age=5"], None, Some(300));
        check(&["max-age=300"], Some("100"), Some(200));
        check(&["max-age=300"], Some("1000"), Some(0));
        check(&["max-age=300"], Some("soon"), Some(300));
        check(&["max-age=300, no-cache"], None, Some(0));
        check(&["NO-STORE"], None, Some(0));
        check(&["max-age=-1"], None, None);
        check(&["max-age=+1"], None, None);
        check(&["s-maxage=5"], None, None);
        let huge = "max-age=99999999999999999999";
        check(&[huge], None, Some(u64::from(u32::MAX)));
    }
}
