//! The headers and the status of an answer, whichever endpoint gave it.

use std::fmt;
use std::time::Duration;

use http::{HeaderMap, HeaderName, StatusCode, header};
use url::Url;

use crate::http_date;

/// Returns whether the same request may succeed later.
pub(crate) fn is_transient(status: StatusCode) -> bool {
    status.is_server_error()
        || matches!(
            status,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT
        )
}

/// `Retry-After` (RFC 9110 section 10.2.3), at most an hour. A date there is held against the `Date`
/// of the same answer, so that it takes no clock and clocks need not agree.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let after = text(headers, header::RETRY_AFTER)?;
    let is_number = !after.is_empty() && after.bytes().all(|byte| byte.is_ascii_digit());
    let pause = match is_number {
        // A number that is too long for its type is a long time too.
        true => Duration::from_secs(after.parse().unwrap_or(u64::MAX)),
        false => {
            let said_at = http_date::parse(text(headers, header::DATE)?)?;
            http_date::parse(after)?.since(said_at)
        }
    };
    Some(pause.min(Duration::from_secs(3600)))
}

/// The coding of a body that can't be read because of it (RFC 9110 section 8.4). Requests ask for
/// none, as Python's standard library has always done; most servers that compress heed it.
pub(crate) fn content_coding(headers: &HeaderMap) -> Option<String> {
    let lines = headers.get_all(header::CONTENT_ENCODING).iter();
    let lines: Vec<_> = lines
        .map(|line| String::from_utf8_lossy(line.as_bytes()))
        .collect();
    let all = lines.join(",");
    let mut codings = all.split(',').map(str::trim);
    let is_plain = |coding: &str| coding.is_empty() || coding.eq_ignore_ascii_case("identity");
    (!codings.all(is_plain)).then(|| printable(&all))
}

/// The type of a body, without its parameters.
pub(crate) fn content_type(headers: &HeaderMap) -> Option<String> {
    let value = text(headers, header::CONTENT_TYPE)?;
    let essence = value.split(';').next().unwrap_or_default().trim();
    (!essence.is_empty()).then(|| printable(essence))
}

/// Where a redirect leads: the host alone, since the rest may hold a code or a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target(pub(crate) Option<String>);

impl Target {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let url = text(headers, header::LOCATION).and_then(|text| Url::parse(text).ok());
        let host = url.as_ref().and_then(|url| {
            let host = url.host_str()?;
            let port = url.port().map(|port| format!(":{port}"));
            Some(format!("{host}{}", port.unwrap_or_default()))
        });
        Self(host)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self
            .0
            .as_deref()
            .unwrap_or("another place on the same host");
        write!(f, "redirects to {host}, and redirects are not followed")
    }
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// Text of a peer, made fit for a message.
fn printable(text: &str) -> String {
    text.chars()
        .filter(char::is_ascii_graphic)
        .take(60)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: HeaderName, value: &str) -> HeaderMap {
        [(name, value.parse().unwrap())].into_iter().collect()
    }

    #[test]
    fn a_redirect_names_the_host_and_nothing_else() {
        let target = |location: &str| Target::of(&with(header::LOCATION, location)).to_string();
        let shown = target("https://user:pass@login.example:8443/x?code=hunter2#y");
        assert!(
            shown.starts_with("redirects to login.example:8443,"),
            "{shown}"
        );
        assert!(
            !shown.contains("hunter2") && !shown.contains("pass"),
            "{shown}"
        );
        assert!(target("/login?code=hunter2").contains("the same host"));
    }

    #[test]
    fn a_coding_is_one_that_changes_the_body() {
        let coding = |text| content_coding(&with(header::CONTENT_ENCODING, text));
        assert_eq!(coding("gzip").as_deref(), Some("gzip"));
        assert_eq!((coding("Identity"), coding("")), (None, None));
        assert_eq!(coding("identity, identity"), None);
        assert_eq!(content_coding(&HeaderMap::new()), None);
        let mut twice = with(header::CONTENT_ENCODING, "identity");
        twice.append(header::CONTENT_ENCODING, "gzip".parse().unwrap());
        assert_eq!(content_coding(&twice).as_deref(), Some("identity,gzip"));
    }

    #[test]
    fn a_pause_is_an_hour_at_most_however_long_its_number_is() {
        let pause = |text| retry_after(&with(header::RETRY_AFTER, text)).map(|it| it.as_secs());
        assert_eq!(
            (pause("0"), pause(" 5 "), pause("86400")),
            (Some(0), Some(5), Some(3600))
        );
        assert_eq!(pause("18446744073709551616"), Some(3600));
        assert_eq!(pause(&"9".repeat(500)), Some(3600));
        for none in ["", "-1", "+5", "1.5", "1e3", "0x10", "5s", "5, 6", "soon"] {
            assert_eq!(pause(none), None, "{none:?}");
        }
    }
}
