//! Signing of tokens in JSON (RFC 7515 section 7.2).

use serde_json::{Map, Value, json};

use super::Header;
use super::sign::sign_one;
use crate::{Key, SignError, base64url};

/// Signs a token in JSON: flattened with one key, general with several. The first header decides
/// whether the payload is encoded; all headers have to say the same.
///
/// # Errors
/// If there is no key, the headers disagree, the cryptography library fails, or the payload is
/// not to be encoded and is not UTF-8.
pub fn sign_json(keys: &[(&Key, &Header)], payload: &[u8]) -> Result<String, SignError> {
    let mut token = signatures(keys, payload)?;
    let text = if keys[0].1.is_unencoded() {
        String::from_utf8(payload.to_vec()).map_err(SignError::new)?
    } else {
        base64url::encode(payload)
    };
    token.insert("payload".into(), text.into());
    Ok(Value::Object(token).to_string())
}

/// Like [`sign_json`] without the payload in the token.
///
/// # Errors
/// As [`sign_json`].
pub fn sign_json_detached(keys: &[(&Key, &Header)], payload: &[u8]) -> Result<String, SignError> {
    signatures(keys, payload).map(|token| Value::Object(token).to_string())
}

fn signatures(keys: &[(&Key, &Header)], payload: &[u8]) -> Result<Map<String, Value>, SignError> {
    let encodings = keys.iter().map(|(_, header)| header.is_unencoded());
    if keys.is_empty() || encodings.clone().any(|one| one != keys[0].1.is_unencoded()) {
        return Err(SignError::new("no key, or headers that encode differently"));
    }
    let mut signatures = Vec::with_capacity(keys.len());
    for (key, header) in keys {
        let (protected, signature) = sign_one(key, header, payload)?;
        let mut one = Map::new();
        one.insert("protected".into(), protected.into());
        one.insert("signature".into(), signature.into());
        signatures.push(one);
    }
    if let [_] = signatures[..] {
        return Ok(signatures.remove(0));
    }
    Ok(Map::from_iter([("signatures".into(), json!(signatures))]))
}
