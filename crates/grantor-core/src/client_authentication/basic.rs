//! HTTP Basic (RFC 7617) as OAuth uses it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;

use crate::quirks::BasicEncoding;
use crate::secret::Secret;

/// Both parts are form-encoded first (RFC 6749 section 2.3.1), unless the server takes them raw.
pub(super) fn write(
    client_id: &str,
    client_secret: &Secret,
    encoding: BasicEncoding,
) -> HeaderValue {
    let encode = |text: &str| match encoding {
        BasicEncoding::FormEncoded => form_urlencoded::byte_serialize(text.as_bytes()).collect(),
        BasicEncoding::Raw => text.to_owned(),
    };
    let pair = format!("{}:{}", encode(client_id), encode(client_secret.expose()));
    let text = format!("Basic {}", STANDARD.encode(pair));
    let mut value = HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

pub(super) fn read(header: &HeaderValue) -> Option<(String, Secret)> {
    let (scheme, credentials) = header.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
    let (client_id, secret) = pair.split_once(':')?;
    let client_id = form_decode(client_id)?;
    (!client_id.is_empty()).then_some(())?;
    Some((client_id, Secret::new(form_decode(secret)?)))
}

fn form_decode(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    let bytes = percent_encoding::percent_decode_str(&spaced);
    bytes.decode_utf8().ok().map(Into::into)
}
