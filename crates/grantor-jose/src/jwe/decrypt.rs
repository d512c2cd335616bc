//! Decrypting (RFC 7516 section 5.2).

use std::borrow::Cow;

use super::content::Cipher;
use super::key::Secret;
use super::parameters::Parameters;
use super::{ContentEncryption, DecryptionKey, Jwe, KeyManagement, Policy, parse};
use crate::{Error, Part, base64url};

/// Decrypts a compact token with the one key that its header means.
///
/// # Errors
/// [`Error::Undecipherable`] for all that is wrong with what is encrypted, whatever it is; others
/// of [`Error`] for the shape and the header.
pub fn decrypt(token: &str, keys: &[DecryptionKey], policy: &Policy) -> Result<Jwe, Error> {
    let token = parse::compact(token)?;
    let usual = keys
        .iter()
        .find_map(|key| key.usual_header(token.protected));
    if let Some(usual) = usual {
        let header = Parameters::usual(usual);
        return open(header, token.encrypted_key, token.content, keys, policy);
    }
    base64url::decoded::<USUAL_HEADER, _>(Part::Header, token.protected, |header| {
        let header = Parameters::read(&header)?;
        open(header, token.encrypted_key, token.content, keys, policy)
    })
}

/// Decrypts a token in JSON, flattened or general: the part of the first recipient whose key is
/// among `keys`. After a password that is wrong no other recipient is tried.
///
/// # Errors
/// As [`decrypt`].
pub fn decrypt_json(token: &str, keys: &[DecryptionKey], policy: &Policy) -> Result<Jwe, Error> {
    let token = parse::json(token)?;
    let content = parse::Content {
        associated: &token.associated,
        iv: &token.iv,
        ciphertext: &token.ciphertext,
        tag: &token.tag,
    };
    let mut first = None;
    for recipient in token.recipients {
        let mut with_password = false;
        let found = Parameters::from_members(recipient.header).and_then(|header| {
            with_password = header.algorithm.is_password();
            open(header, &recipient.encrypted_key, content, keys, policy)
        });
        match found {
            Ok(jwe) => return Ok(jwe),
            // A password may take a second, which nobody shall multiply by the recipients.
            Err(Error::Undecipherable) if with_password => return Err(Error::Undecipherable),
            Err(error) => match first {
                None | Some(Error::UnknownKey | Error::UnsupportedAlgorithm) => {
                    first = Some(error);
                }
                Some(_) => {}
            },
        }
    }
    Err(first.unwrap_or(Error::UnknownKey))
}

fn open(
    header: Parameters<'_>,
    encrypted_key: &str,
    content: parse::Content<'_>,
    keys: &[DecryptionKey],
    policy: &Policy,
) -> Result<Jwe, Error> {
    let (algorithm, encryption) = (header.algorithm, header.encryption);
    if !policy.allows(algorithm, encryption) {
        return Err(Error::AlgorithmNotAllowed);
    }
    let key = select(keys, header.key_id.as_deref(), algorithm, encryption)?;
    let inflated = policy.inflates(header.zip.as_ref())?;
    if algorithm.is_direct() != encrypted_key.is_empty() {
        return Err(Error::Undecipherable);
    }
    let (mut iv, mut tag) = ([0; MAX_SHORT], [0; MAX_SHORT]);
    let iv = short(content.iv, &mut iv, Part::InitializationVector)?;
    let tag = short(content.tag, &mut tag, Part::Tag)?;
    let plaintext = key.wide.decode(content.ciphertext);
    let mut plaintext = plaintext.map_err(|_| Error::Encoding(Part::Ciphertext))?;
    let content_key;
    let cipher = match &key.secret {
        Secret::Shared(shared) if algorithm.is_direct() => shared.cipher(encryption)?,
        _ => {
            let unwrap = |wrapped: Cow<'_, [u8]>| key.content_key(&header, &wrapped, policy);
            let (wide, part) = (Some(&key.wide), Part::EncryptedKey);
            content_key =
                base64url::decoded_with::<USUAL_WRAPPED, _>(wide, part, encrypted_key, unwrap)?;
            Cipher::new(encryption, &content_key).ok_or(Error::Undecipherable)?
        }
    };
    cipher.open(iv, content.associated.as_bytes(), tag, &mut plaintext)?;
    if let Some(limit) = inflated {
        plaintext = inflate(&plaintext, limit)?;
    }
    Ok(Jwe {
        algorithm,
        encryption,
        key_id: header.key_id.map(Into::into),
        typ: header.typ.map(Into::into),
        content_type: header.content_type.map(Into::into),
        plaintext,
    })
}

fn select<'a>(
    keys: &'a [DecryptionKey],
    key_id: Option<&str>,
    algorithm: KeyManagement,
    encryption: ContentEncryption,
) -> Result<&'a DecryptionKey, Error> {
    let mut fitting = keys
        .iter()
        .filter(|key| key.fits(key_id, algorithm, encryption));
    let key = fitting.next().ok_or(Error::UnknownKey)?;
    match fitting.next() {
        None => Ok(key),
        Some(_) => Err(Error::AmbiguousKey),
    }
}

/// Decodes an IV or a tag.
fn short<'r>(text: &str, room: &'r mut [u8; MAX_SHORT], part: Part) -> Result<&'r [u8], Error> {
    if base64url::encoded_length(MAX_SHORT) < text.len() {
        return Err(Error::Undecipherable);
    }
    let length = base64url::decode_slice(text, room).map_err(|_| Error::Encoding(part))?;
    Ok(&room[..length])
}

#[cfg(feature = "deflate")]
fn inflate(compressed: &[u8], limit: usize) -> Result<Vec<u8>, Error> {
    use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_with_limit};
    decompress_to_vec_with_limit(compressed, limit).map_err(|error| match error.status {
        TINFLStatus::HasMoreOutput => Error::TooLarge,
        _ => Error::Undecipherable,
    })
}

/// Without the feature no policy allows it.
#[cfg(not(feature = "deflate"))]
fn inflate(_: &[u8], _: usize) -> Result<Vec<u8>, Error> {
    Err(Error::InvalidHeader("zip"))
}

/// No IV and no tag is longer.
const MAX_SHORT: usize = 32;

/// Longer headers are read all the same, but from the heap.
const USUAL_HEADER: usize = 768;

/// Keys that are wrapped with AES are not longer; those for RSA go by the heap.
const USUAL_WRAPPED: usize = 96;
