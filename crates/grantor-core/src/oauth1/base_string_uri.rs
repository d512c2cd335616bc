//! The URI in a signature base string (RFC 5849 section 3.4.1.2).

use std::fmt::Write;

use http::{HeaderMap, Uri, header};

use super::Unsignable;

/// Scheme, host, a port that is not the scheme's own, and path; the query is left out.
pub(super) fn base_string_uri(uri: &Uri, headers: &HeaderMap) -> Result<String, Unsignable> {
    let scheme = uri.scheme_str().ok_or(Unsignable::Uri)?;
    // The server sees the header.
    let (authority, wrong) = match headers.get(header::HOST) {
        Some(host) => {
            let host = host.to_str().map_err(|_| Unsignable::Host)?;
            (host, Unsignable::Host)
        }
        None => (
            uri.authority().ok_or(Unsignable::Uri)?.as_str(),
            Unsignable::Uri,
        ),
    };
    // These are short: a search byte by byte is the fastest.
    let last = |text: &str, wanted: u8| text.bytes().rposition(|byte| byte == wanted);
    let authority = &authority[last(authority, b'@').map_or(0, |at| at + 1)..];
    let in_brackets = last(authority, b']');
    let (host, port) = match last(authority, b':') {
        Some(colon) if in_brackets.is_none_or(|bracket| colon > bracket) => {
            (&authority[..colon], &authority[colon + 1..])
        }
        _ => (authority, ""),
    };
    let bare = |host: &str| !host.starts_with('[') && last(host, b':').is_some();
    if host.is_empty() || bare(host) {
        return Err(wrong);
    }
    let port = match port {
        "" => None,
        port if port.bytes().all(|byte| byte.is_ascii_digit()) => port.parse::<u16>().ok(),
        _ => return Err(wrong),
    };
    if authority.len() > host.len() + 1 && port.is_none_or(|port| port == 0) {
        return Err(wrong);
    }
    let path = match uri.path() {
        "" => "/",
        path => path,
    };
    let mut text = String::with_capacity(scheme.len() + host.len() + path.len() + 9);
    text.push_str(scheme);
    text.push_str("://");
    text.push_str(host);
    text.make_ascii_lowercase();
    let default = match &text[..scheme.len()] {
        "https" => Some(443),
        "http" => Some(80),
        _ => None,
    };
    if let Some(port) = port.filter(|port| Some(*port) != default) {
        // Writing to a String cannot fail.
        let _ = write!(text, ":{port}");
    }
    text.push_str(path);
    Ok(text)
}
