//! HTTP Basic (RFC 7617) as OAuth uses it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use zeroize::Zeroizing;

use crate::params::form_decode;
use crate::secret::Secret;

pub(super) fn read(header: &HeaderValue) -> Option<(String, Secret)> {
    let (scheme, credentials) = header.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let credentials = credentials.trim();
    let room = base64::decoded_len_estimate(credentials.len());
    let mut pair = Zeroizing::new(Vec::with_capacity(room));
    STANDARD.decode_vec(credentials, &mut pair).ok()?;
    let colon = pair.iter().position(|byte| *byte == b':')?;
    let client_id = form_decode(&pair[..colon])?.into_owned();
    (!client_id.is_empty()).then_some(())?;
    let client_secret = form_decode(&pair[colon + 1..])?.into_owned();
    Some((client_id, Secret::new(client_secret)))
}
