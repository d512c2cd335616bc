//! The signature base string (RFC 5849 section 3.4.1).

use std::fmt::Write;

use http::{HeaderMap, Method, Uri, header};

use super::Unsignable;
use super::parameters::{Parameters, encode_into, text};

/// Builds the text that is signed (RFC 5849 section 3.4.1): the method, the URI without its query,
/// and all parameters. `headers` may say another host than the URI; `form` is the body if it is a
/// form, and `protocol` are the parameters of OAuth without `oauth_signature` and `realm`.
///
/// # Errors
/// The URI has no scheme and no host, or no host and port can be read.
pub fn base_string(
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    form: &[u8],
    protocol: &[(String, String)],
) -> Result<String, Unsignable> {
    let mut parameters = Parameters::of(uri.query().unwrap_or_default(), form);
    for (name, value) in protocol {
        parameters.push(name, value);
    }
    with_parameters(method, uri, headers, parameters)
}

/// The same, where the parameters of all places are there already.
pub(super) fn with_parameters(
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    parameters: Parameters,
) -> Result<String, Unsignable> {
    let uri = base_string_uri(uri, headers)?;
    let length = method.as_str().len() + 2 * uri.len() + parameters.length();
    let mut base_string = Vec::with_capacity(length);
    encode_into(method.as_str().as_bytes(), &mut base_string);
    base_string.make_ascii_uppercase();
    base_string.push(b'&');
    encode_into(uri.as_bytes(), &mut base_string);
    base_string.push(b'&');
    parameters.write_to(&mut base_string);
    Ok(text(base_string))
}

/// RFC 5849 section 3.4.1.2.
fn base_string_uri(uri: &Uri, headers: &HeaderMap) -> Result<String, Unsignable> {
    let scheme = uri.scheme_str().ok_or(Unsignable::Uri)?;
    // The server sees the header.
    let authority = match headers.get(header::HOST) {
        Some(host) => host.to_str().map_err(|_| Unsignable::Host)?,
        None => uri.authority().ok_or(Unsignable::Uri)?.as_str(),
    };
    let authority = authority
        .rsplit_once('@')
        .map_or(authority, |(_, rest)| rest);
    let in_brackets = authority.rfind(']').unwrap_or_default();
    let (host, port) = match authority[in_brackets..].rfind(':') {
        Some(colon) => {
            let colon = in_brackets + colon;
            (&authority[..colon], &authority[colon + 1..])
        }
        None => (authority, ""),
    };
    let wrong = match headers.contains_key(header::HOST) {
        true => Unsignable::Host,
        false => Unsignable::Uri,
    };
    let bare = |host: &str| !host.starts_with('[') && host.contains(':');
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
