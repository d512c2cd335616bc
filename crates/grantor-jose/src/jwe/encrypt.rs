//! Encrypting (RFC 7516 section 5.1).

use std::borrow::Cow;

use aws_lc_rs::rand;
use zeroize::Zeroizing;

use super::content::{self, Cipher, MAX_IV_BYTES};
use super::content_key::{ContentKey, MAX_KEY_BYTES};
use super::encryption_key::Recipient;
use super::{ContentEncryption, EncryptionKey, Header};
use crate::{Error, base64url};

/// Encrypts to one recipient, as a compact token.
///
/// # Errors
/// [`Error::AlgorithmNotAllowed`] or [`Error::InvalidKey`] if the key is not for this encryption
/// of contents, [`Error::Unavailable`].
pub fn encrypt(
    key: &EncryptionKey,
    encryption: ContentEncryption,
    header: &Header,
    plaintext: &[u8],
) -> Result<String, Error> {
    key.check(encryption)?;
    let is_direct = key.algorithm().is_direct();
    let mut iv = [0; MAX_IV_BYTES];
    let iv = &mut iv[..content::iv_length(encryption)];
    let mut encrypted_key = Vec::new();
    let content_key;
    let (cipher, header) = match &key.key {
        Recipient::Shared(shared) if is_direct => {
            fill(iv)?;
            let header = usual_header(key, header, encryption);
            (shared.cipher(encryption)?, header)
        }
        Recipient::Agreement(public, curve) if is_direct => {
            fill(iv)?;
            let mut members = key.members();
            content_key = key.agree(public, curve, encryption, &mut members)?;
            let header = header.encode(&members, encryption).into();
            (cipher(encryption, &content_key)?, header)
        }
        _ => {
            content_key = random_key(encryption, iv)?;
            let mut new = Vec::new();
            encrypted_key = key.encrypt_key(encryption, &content_key, &mut new)?;
            let header = if new.is_empty() {
                usual_header(key, header, encryption)
            } else {
                let members = [key.members(), new].concat();
                header.encode(&members, encryption).into()
            };
            (cipher(encryption, &content_key)?, header)
        }
    };

    let sealed = content::sealed_length(encryption, plaintext.len());
    let tag = content::tag_length(encryption);
    let parts = [encrypted_key.len(), iv.len(), sealed, tag];
    let parts = parts.map(|length| 1 + base64url::encoded_length(length));
    let end = header.len() + parts.iter().sum::<usize>();
    // The content is encrypted behind the token's end, which spares a second buffer.
    let mut token = Vec::with_capacity(end + sealed);
    token.extend_from_slice(&header);
    token.resize(end, 0);
    token.extend_from_slice(plaintext);
    let tag = cipher.seal(iv, &mut token, header.len(), end)?;
    let (text, content) = token.split_at_mut(end);
    let mut at = header.len();
    for (part, length) in [&encrypted_key, &*iv, content, tag.as_ref()]
        .into_iter()
        .zip(parts)
    {
        text[at] = b'.';
        key.wide.encode_slice(part, &mut text[at + 1..at + length]);
        at += length;
    }
    token.truncate(end);
    String::from_utf8(token).map_err(|_| Error::Unavailable)
}

/// A key for one content, and its IV. Asked for at once: what the system takes for a call is more
/// than for some bytes.
fn random_key(encryption: ContentEncryption, iv: &mut [u8]) -> Result<ContentKey, Error> {
    let mut random = Zeroizing::new([0; MAX_KEY_BYTES + MAX_IV_BYTES]);
    let random = &mut random[..encryption.key_length() + iv.len()];
    fill(random)?;
    let (random_iv, random_key) = random.split_at(iv.len());
    iv.copy_from_slice(random_iv);
    ContentKey::copy(random_key)
}

fn fill(random: &mut [u8]) -> Result<(), Error> {
    rand::fill(random).map_err(|_| Error::Unavailable)
}

/// The header of a token that has nothing of its own in it.
fn usual_header<'k>(
    key: &'k EncryptionKey,
    header: &Header,
    encryption: ContentEncryption,
) -> Cow<'k, [u8]> {
    match key.headers.get(header, encryption) {
        Some(kept) => kept.into(),
        None => header.encode(&key.members(), encryption).into(),
    }
}

fn cipher(encryption: ContentEncryption, key: &[u8]) -> Result<Cipher<'_>, Error> {
    Cipher::new(encryption, key).ok_or(Error::Unavailable)
}

/// Encrypts in JSON: flattened to one recipient, general to several. `associated` is data that is
/// protected and not encrypted.
///
/// # Errors
/// As [`encrypt`]; [`Error::AlgorithmNotAllowed`] also if there is no recipient, or several of
/// whom one uses its key directly.
pub fn encrypt_json(
    keys: &[&EncryptionKey],
    encryption: ContentEncryption,
    header: &Header,
    associated: Option<&[u8]>,
    plaintext: &[u8],
) -> Result<String, Error> {
    for key in keys {
        key.check(encryption)?;
    }
    let several_directly = keys.len() > 1 && keys.iter().any(|key| key.algorithm().is_direct());
    if keys.is_empty() || several_directly {
        return Err(Error::AlgorithmNotAllowed);
    }
    let mut protected_members = Vec::new();
    let mut token = b"{".to_vec();
    let shared;
    let content_key;
    let content_cipher = match *keys {
        [key] => {
            protected_members = key.members();
            match &key.key {
                Recipient::Shared(secret) if key.algorithm().is_direct() => {
                    shared = secret;
                    shared.cipher(encryption)?
                }
                Recipient::Agreement(public, curve) if key.algorithm().is_direct() => {
                    content_key = key.agree(public, curve, encryption, &mut protected_members)?;
                    cipher(encryption, &content_key)?
                }
                _ => {
                    content_key = ContentKey::random(encryption)?;
                    let encrypted =
                        key.encrypt_key(encryption, &content_key, &mut protected_members)?;
                    push_member("encrypted_key", &encrypted, &mut token);
                    token.push(b',');
                    cipher(encryption, &content_key)?
                }
            }
        }
        _ => {
            content_key = ContentKey::random(encryption)?;
            token.extend_from_slice(br#""recipients":["#);
            for (index, key) in keys.iter().enumerate() {
                let mut members = key.members();
                let encrypted = key.encrypt_key(encryption, &content_key, &mut members)?;
                if index > 0 {
                    token.push(b',');
                }
                token.extend_from_slice(br#"{"header":{"#);
                token.extend_from_slice(&members);
                token.extend_from_slice(b"},");
                push_member("encrypted_key", &encrypted, &mut token);
                token.push(b'}');
            }
            token.extend_from_slice(b"],");
            cipher(encryption, &content_key)?
        }
    };
    let mut input = header.encode(&protected_members, encryption);
    token.extend_from_slice(br#""protected":""#);
    token.extend_from_slice(&input);
    token.extend_from_slice(b"\",");
    if let Some(associated) = associated {
        push_member("aad", associated, &mut token);
        token.push(b',');
        input.push(b'.');
        base64url::push(associated, &mut input);
    }
    let mut iv = [0; MAX_IV_BYTES];
    let iv = &mut iv[..content::iv_length(encryption)];
    fill(iv)?;
    let associated = input.len();
    input.extend_from_slice(plaintext);
    let tag = content_cipher.seal(iv, &mut input, associated, associated)?;
    push_member("iv", iv, &mut token);
    token.push(b',');
    push_member("ciphertext", &input[associated..], &mut token);
    token.push(b',');
    push_member("tag", tag.as_ref(), &mut token);
    token.push(b'}');
    String::from_utf8(token).map_err(|_| Error::Unavailable)
}

fn push_member(name: &str, bytes: &[u8], json: &mut Vec<u8>) {
    for part in ["\"", name, "\":\""] {
        json.extend_from_slice(part.as_bytes());
    }
    base64url::push(bytes, json);
    json.push(b'"');
}
