use std::borrow::Cow;

use serde::Serialize;

use super::Typ;
use crate::key::MAX_SIGNATURE_BYTES;
use crate::{Key, SignError, Signer, base64url, jws};

/// Signs a token with a key of this process. `claims` must serialize as a JSON object.
///
/// Costs little more than the bare signature: the header is encoded once per key, and the token
/// is the only allocation made here.
///
/// # Errors
/// If `claims` is no object or the cryptography library fails.
pub fn sign(key: &Key, typ: Typ, claims: &impl Serialize) -> Result<String, SignError> {
    let mut token = unsigned(key, typ, claims)?;
    let mut signature = [0; MAX_SIGNATURE_BYTES];
    let length = key.sign_into(&token, &mut signature)?;
    push_signature(&mut token, &signature[..length]);
    into_string(token)
}

/// Signs a token with any signer: at once if its key is in this process.
///
/// # Errors
/// As [`sign`], and if the signer fails or answers something that can't be a signature.
pub async fn sign_with(
    signer: &dyn Signer,
    typ: Typ,
    claims: &(impl Serialize + Sync),
) -> Result<String, SignError> {
    if let Some(key) = signer.local() {
        return sign(key, typ, claims);
    }
    let mut token = unsigned(signer, typ, claims)?;
    let signature = signer.sign(&token).await?;
    let signature = signature.as_bytes();
    if !jws::sign_length_ok(signer.algorithm(), signature) {
        return Err(jws::wrong_length());
    }
    push_signature(&mut token, signature);
    into_string(token)
}

/// Header and payload, encoded, with the dot between them.
fn unsigned(signer: &dyn Signer, typ: Typ, claims: &impl Serialize) -> Result<Vec<u8>, SignError> {
    let header = match signer.local().and_then(|key| key.header(typ)) {
        Some(header) => Cow::Borrowed(header),
        None => jws::encode_header(signer.algorithm(), typ, signer.key_id()).into(),
    };
    let mut token = Vec::with_capacity(TYPICAL_TOKEN_BYTES);
    token.extend_from_slice(header.as_bytes());
    token.push(b'.');
    let start = token.len();
    serde_json::to_writer(&mut token, claims).map_err(SignError::new)?;
    if token.get(start) != Some(&b'{') {
        return Err(SignError::new("the claims are not a JSON object"));
    }
    base64url::encode_tail(&mut token, start);
    Ok(token)
}

fn push_signature(token: &mut Vec<u8>, signature: &[u8]) {
    token.push(b'.');
    base64url::push(signature, token);
}

fn into_string(token: Vec<u8>) -> Result<String, SignError> {
    String::from_utf8(token).map_err(SignError::new)
}

/// Room for header, claims and their encoding side by side, so that the buffer does not grow.
const TYPICAL_TOKEN_BYTES: usize = 1536;
