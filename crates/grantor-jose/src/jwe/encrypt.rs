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
    // Asked for once: what the system takes for a call is more than for some bytes.
    let mut random = Zeroizing::new([0; MAX_KEY_BYTES + MAX_IV_BYTES]);
    let from = if is_direct { MAX_KEY_BYTES } else { 0 };
    rand::fill(&mut random[from..]).map_err(|_| Error::Unavailable)?;
    let (random_key, random_iv) = random.split_at(MAX_KEY_BYTES);
    let iv = &random_iv[..content::iv_length(encryption)];

    let mut token = Vec::with_capacity(USUAL_HEADER + plaintext.len() * 4 / 3);
    let mut encrypted_key = Vec::new();
    let agreed;
    let cipher = match &key.key {
        Recipient::Shared(shared) if is_direct => {
            push_header(key, header, encryption, &mut token);
            shared.cipher(encryption)?
        }
        Recipient::Agreement(public, curve) if is_direct => {
            let mut members = key.members();
            agreed = key.agree(public, curve, encryption, &mut members)?;
            header.push(&members, encryption, &mut token);
            cipher(encryption, &agreed)?
        }
        _ => {
            let content_key = &random_key[..encryption.key_length()];
            let mut new = Vec::new();
            encrypted_key = key.encrypt_key(encryption, content_key, &mut new)?;
            if new.is_empty() {
                push_header(key, header, encryption, &mut token);
            } else {
                let members = [key.members(), new].concat();
                header.push(&members, encryption, &mut token);
            }
            cipher(encryption, content_key)?
        }
    };
    // With room for the padding of CBC.
    let mut content = Vec::with_capacity(plaintext.len() + MAX_IV_BYTES);
    content.extend_from_slice(plaintext);
    let tag = cipher.seal(iv, &token, &mut content)?;
    for part in [&encrypted_key, iv, &content, tag.as_ref()] {
        token.push(b'.');
        key.wide.push(part, &mut token);
    }
    String::from_utf8(token).map_err(|_| Error::Unavailable)
}

/// The header of a token that has nothing of its own in it.
fn push_header(
    key: &EncryptionKey,
    header: &Header,
    encryption: ContentEncryption,
    token: &mut Vec<u8>,
) {
    match key.headers.get(header, encryption) {
        Some(kept) => token.extend_from_slice(kept),
        None => header.push(&key.members(), encryption, token),
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
    let mut input = Vec::new();
    header.push(&protected_members, encryption, &mut input);
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
    rand::fill(iv).map_err(|_| Error::Unavailable)?;
    let mut content = plaintext.to_vec();
    let tag = content_cipher.seal(iv, &input, &mut content)?;
    push_member("iv", iv, &mut token);
    token.push(b',');
    push_member("ciphertext", &content, &mut token);
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

/// Room for all parts but the content, so that the buffer seldom grows: a key of RSA with 2048
/// bits among them.
const USUAL_HEADER: usize = 768;
