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
    let pause = match after.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let said_at = http_date::parse(text(headers, header::DATE)?)?;
            http_date::parse(after)?.since(said_at)
        }
    };
    Some(pause.min(Duration::from_secs(3600)))
}

/// The coding of a body that can't be read because of it (RFC 9110 section 8.4). Requests ask for
/// none, as Python's standard library has always done; most servers that compress heed it.
pub(crate) fn content_coding(headers: &HeaderMap) -> Option<String> {
    let coding = text(headers, header::CONTENT_ENCODING)?;
    let is_plain = coding.is_empty() || coding.eq_ignore_ascii_case("identity");
    (!is_plain).then(|| printable(coding))
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
        assert_eq!(content_coding(&HeaderMap::new()), None);
    }
}
