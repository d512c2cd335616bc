//! Signed tokens inside of encrypted ones (RFC 7519 sections 5.2 and 7).

use serde::Serialize;

use super::{Policy, Typ, Verified, sign, verify};
use crate::jwe::{self, ContentEncryption, DecryptionKey, EncryptionKey};
use crate::{Error, Key, KeySet, Part, SignError, Timestamp};

/// Signs a token and encrypts it.
///
/// # Errors
/// As [`sign`], and if the key does not go with this encryption.
pub fn sign_and_encrypt(
    key: &Key,
    typ: Typ,
    claims: &impl Serialize,
    recipient: &EncryptionKey,
    encryption: ContentEncryption,
) -> Result<String, SignError> {
    let signed = sign(key, typ, claims)?;
    let header = jwe::Header::new().with_content_type("JWT");
    jwe::encrypt(recipient, encryption, &header, signed.as_bytes()).map_err(SignError::new)
}

/// Decrypts a token and verifies the one inside. A token that is only signed is refused, and one
/// that is only encrypted too: everybody can encrypt.
///
/// # Errors
/// As [`jwe::decrypt`]; [`Error::InvalidHeader`] if `cty` is not `JWT`; as [`verify`].
pub fn verify_nested(
    token: &str,
    decryption: (&[DecryptionKey], &jwe::Policy),
    keys: &KeySet,
    policy: &Policy,
    now: Timestamp,
) -> Result<Verified, Error> {
    let (decryption_keys, decryption_policy) = decryption;
    let outer = jwe::decrypt(token, decryption_keys, decryption_policy)?;
    if !outer.content_type.is_some_and(|cty| Typ::JWT.matches(&cty)) {
        return Err(Error::InvalidHeader("cty"));
    }
    let inner = std::str::from_utf8(&outer.plaintext);
    verify(
        inner.map_err(|_| Error::Encoding(Part::Payload))?,
        keys,
        policy,
        now,
    )
}
