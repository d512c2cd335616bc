//! The text that a signature covers (RFC 5849 section 3.4.1).

use grantor_core::Issuer;
use http::header;
use url::Url;

use super::parameters::Parameters;
use crate::server::RecordedRequest;

/// The method, the URI without its query, and the sorted parameters.
pub(super) fn base_string(
    issuer: &Issuer,
    request: &RecordedRequest,
    parameters: &Parameters,
) -> Option<String> {
    let method = request.request().method().as_str().to_uppercase();
    let uri = base_string_uri(issuer, request)?;
    let mut pairs: Vec<(String, String)> = parameters
        .signed()
        .map(|(name, value)| (encoded(name), encoded(value)))
        .collect();
    pairs.sort();
    let pairs: Vec<String> = pairs
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let parts = [method, uri, pairs.join("&")];
    Some(parts.map(|part| encoded(part.as_bytes())).join("&"))
}

/// RFC 5849 section 3.4.1.2. The host is that of the header, and without one that of the URI; a URI that
/// is a path alone is the server's own.
fn base_string_uri(issuer: &Issuer, request: &RecordedRequest) -> Option<String> {
    let uri = request.request().uri();
    let scheme = uri.scheme_str().unwrap_or_else(|| issuer.url().scheme());
    let host = request.headers().get(header::HOST);
    let authority = match (host, uri.authority()) {
        (Some(host), _) => host.to_str().ok()?,
        (None, Some(authority)) => authority.as_str(),
        (None, None) => issuer.url().authority(),
    };
    let url = Url::parse(&format!("{scheme}://{authority}")).ok()?;
    let port = url
        .port()
        .map(|port| format!(":{port}"))
        .unwrap_or_default();
    let path = if uri.path().is_empty() {
        "/"
    } else {
        uri.path()
    };
    Some(format!(
        "{}://{}{port}{path}",
        url.scheme(),
        url.host_str()?
    ))
}

/// RFC 5849 section 3.6.
pub(super) fn encoded(bytes: &[u8]) -> String {
    let letters = bytes.iter().map(|&byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    });
    letters.collect()
}
