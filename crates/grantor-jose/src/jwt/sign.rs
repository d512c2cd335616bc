//! Signing a JWT (RFC 7519 section 7.1).

use serde::Serialize;

use super::Typ;
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
    key.push_signature(&mut token)?;
    jws::into_string(token)
}

/// Signs a token whose claims are written already, as the text of a JSON object: see
/// [`ObjectWriter`](crate::ObjectWriter).
///
/// # Errors
/// If `claims` is no object or the cryptography library fails.
pub fn sign_json(key: &Key, typ: Typ, claims: &str) -> Result<String, SignError> {
    if !claims.starts_with('{') {
        return Err(not_an_object());
    }
    if let Some(header) = key.header(typ) {
        return sign_written(key, header, claims);
    }
    let mut header = Vec::new();
    jws::push_header(&mut header, key.algorithm(), typ, key.key_id());
    sign_written(key, &header, claims)
}

/// Signs an encoded header and the text of the claims. The token is the only allocation.
pub(crate) fn sign_written(key: &Key, header: &[u8], claims: &str) -> Result<String, SignError> {
    let signature = key.algorithm().signature_length();
    let signature = signature.unwrap_or(USUAL_RSA_BYTES);
    let encoded = base64url::encoded_length(claims.len()) + base64url::encoded_length(signature);
    let mut token = Vec::with_capacity(header.len() + encoded + 2);
    token.extend_from_slice(header);
    token.push(b'.');
    key.wide().push(claims.as_bytes(), &mut token);
    key.push_signature(&mut token)?;
    jws::into_string(token)
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
    jws::push_signature(signer.algorithm(), signature.as_bytes(), &mut token)?;
    jws::into_string(token)
}

/// Header and payload, encoded, with the dot between them.
fn unsigned(signer: &dyn Signer, typ: Typ, claims: &impl Serialize) -> Result<Vec<u8>, SignError> {
    let mut token = Vec::with_capacity(TYPICAL_TOKEN_BYTES);
    match signer.local().and_then(|key| key.header(typ)) {
        Some(header) => token.extend_from_slice(header),
        None => jws::push_header(&mut token, signer.algorithm(), typ, signer.key_id()),
    }
    token.push(b'.');
    let start = token.len();
    serde_json::to_writer(&mut token, claims).map_err(SignError::new)?;
    if token.get(start) != Some(&b'{') {
        return Err(not_an_object());
    }
    base64url::encode_tail(&mut token, start);
    Ok(token)
}

fn not_an_object() -> SignError {
    SignError::new("the claims are not a JSON object")
}

/// The signature of a key of 4096 bits.
const USUAL_RSA_BYTES: usize = 512;

/// Room for header, claims and their encoding side by side, so that the buffer does not grow.
const TYPICAL_TOKEN_BYTES: usize = 1536;
