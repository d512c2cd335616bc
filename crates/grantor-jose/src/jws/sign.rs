//! Signing (RFC 7515 section 5.1).

use super::Header;
use super::compact::push_payload;
use crate::{Algorithm, Key, SignError, Signer, base64url};

/// Signs a compact token.
///
/// # Errors
/// If the cryptography library fails, or the payload is not to be encoded and can't be part of a
/// compact token as it is: it must be printable ASCII without dots (RFC 7797 section 5.2).
pub fn sign(key: &Key, header: &Header, payload: &[u8]) -> Result<String, SignError> {
    let mut token = compact_input(key, header, payload)?;
    key.push_signature(&mut token)?;
    into_string(token)
}

/// Signs a compact token with any signer.
///
/// # Errors
/// As [`sign`], and if the signer fails or answers something that can't be a signature.
pub async fn sign_with(
    signer: &dyn Signer,
    header: &Header,
    payload: &[u8],
) -> Result<String, SignError> {
    if let Some(key) = signer.local() {
        return sign(key, header, payload);
    }
    let mut token = compact_input(signer, header, payload)?;
    let signature = signer.sign(&token).await?;
    push_signature(signer.algorithm(), signature.as_bytes(), &mut token)?;
    into_string(token)
}

/// Signs a payload that is sent apart: a compact token with nothing between its dots (RFC 7515
/// appendix F).
///
/// # Errors
/// If the cryptography library fails.
pub fn sign_detached(key: &Key, header: &Header, payload: &[u8]) -> Result<String, SignError> {
    let (protected, signature) = sign_one(key, header, payload)?;
    Ok(format!("{protected}..{signature}"))
}

/// Header and signature, encoded.
pub(super) fn sign_one(
    key: &Key,
    header: &Header,
    payload: &[u8],
) -> Result<(String, String), SignError> {
    let mut input = Vec::with_capacity(header.length(key.key_id()) + payload.len() * 4 / 3 + 4);
    header.push(key.algorithm(), key.key_id(), &mut input);
    let protected = into_string(input.clone())?;
    input.push(b'.');
    push_payload(&mut input, payload, header.is_unencoded());
    let signature = key.sign_bytes(&input)?;
    Ok((protected, base64url::encode(signature.as_bytes())))
}

/// With room for the signature.
fn compact_input(
    signer: &dyn Signer,
    header: &Header,
    payload: &[u8],
) -> Result<Vec<u8>, SignError> {
    let in_the_way = |byte: &u8| !matches!(byte, 0x20..=0x7e) || *byte == b'.';
    if header.is_unencoded() && payload.iter().any(in_the_way) {
        return Err(SignError::new(
            "a payload that is not encoded must be printable ASCII without dots here",
        ));
    }
    let signature = signer.algorithm().signature_length();
    let signature = signature.unwrap_or(USUAL_RSA_BYTES);
    let room = base64url::encoded_length(payload.len() + signature) + 4;
    let mut input = Vec::with_capacity(header.length(signer.key_id()) + room);
    header.push(signer.algorithm(), signer.key_id(), &mut input);
    input.push(b'.');
    push_payload(&mut input, payload, header.is_unencoded());
    Ok(input)
}

/// Appends a signature to what it signs, if it can be one of the algorithm.
pub(crate) fn push_signature(
    algorithm: Algorithm,
    signature: &[u8],
    token: &mut Vec<u8>,
) -> Result<(), SignError> {
    let expected = algorithm.signature_length();
    if signature.is_empty() || expected.is_some_and(|length| length != signature.len()) {
        return Err(SignError::new(
            "the signer answered a signature of the wrong length, perhaps DER",
        ));
    }
    token.push(b'.');
    base64url::push(signature, token);
    Ok(())
}

pub(crate) fn into_string(token: Vec<u8>) -> Result<String, SignError> {
    String::from_utf8(token).map_err(SignError::new)
}

/// The signature of a key of 4096 bits.
const USUAL_RSA_BYTES: usize = 512;
