use std::num::NonZeroU32;

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::content::{self, Sealed};
use super::encrypt::oaep;
use super::key::Secret;
use super::{ContentEncryption, DecryptionKey, Jwe, KeyManagement, Policy, agreement, parse, wrap};
use crate::jwk::Material;
use crate::{Error, base64url};

/// Decrypts a compact token with the one key that its header means.
///
/// # Errors
/// [`Error::Undecipherable`] for all that is wrong with what is encrypted, whatever it is; others
/// of [`Error`] for the shape and the header.
pub fn decrypt(token: &str, keys: &[DecryptionKey], policy: &Policy) -> Result<Jwe, Error> {
    let mut token = parse::compact(token)?;
    let recipient = token.recipients.remove(0);
    open(
        token.content,
        token.associated.as_bytes(),
        &recipient,
        keys,
        policy,
    )
}

/// Decrypts a token in JSON, flattened or general: the part of the first recipient whose key is
/// among `keys`.
///
/// # Errors
/// As [`decrypt`].
pub fn decrypt_json(token: &str, keys: &[DecryptionKey], policy: &Policy) -> Result<Jwe, Error> {
    let token = parse::json(token)?;
    let mut first = None;
    for recipient in token.recipients {
        let content = Sealed {
            iv: token.content.iv.clone(),
            ciphertext: token.content.ciphertext.clone(),
            tag: token.content.tag.clone(),
        };
        match open(
            content,
            token.associated.as_bytes(),
            &recipient,
            keys,
            policy,
        ) {
            Ok(jwe) => return Ok(jwe),
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
    content: Sealed,
    associated: &[u8],
    recipient: &parse::Recipient,
    keys: &[DecryptionKey],
    policy: &Policy,
) -> Result<Jwe, Error> {
    let header = &recipient.header;
    let algorithm: KeyManagement = text(header, "alg")?
        .ok_or(Error::InvalidHeader("alg"))?
        .parse()?;
    let encryption: ContentEncryption = text(header, "enc")?
        .ok_or(Error::InvalidHeader("enc"))?
        .parse()?;
    if !policy.allows(algorithm, encryption) {
        return Err(Error::AlgorithmNotAllowed);
    }
    let key_id = text(header, "kid")?;
    let key = select(keys, key_id, algorithm, encryption)?;
    let inflated = policy.inflates(header.get("zip"))?;
    if algorithm.is_direct() != recipient.encrypted_key.is_empty() {
        return Err(Error::Undecipherable);
    }
    let content_key = content_key(key, algorithm, encryption, recipient, policy)?;
    let plaintext = content::open(encryption, &content_key, associated, content)?;
    let plaintext = match inflated {
        None => plaintext,
        Some(limit) => inflate(&plaintext, limit)?,
    };
    Ok(Jwe {
        algorithm,
        encryption,
        key_id: key_id.map(str::to_owned),
        typ: text(header, "typ")?.map(str::to_owned),
        content_type: text(header, "cty")?.map(str::to_owned),
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

/// The key of the content; a random one if the encrypted one is wrong, so that this shows in
/// nothing but the content's tag (RFC 7516 section 11.5).
fn content_key(
    key: &DecryptionKey,
    algorithm: KeyManagement,
    encryption: ContentEncryption,
    recipient: &parse::Recipient,
    policy: &Policy,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let header = &recipient.header;
    let wrapped = recipient.encrypted_key.as_slice();
    // Made before anything fails, so that failing takes no longer.
    let random = match algorithm.is_direct() {
        true => Zeroizing::default(),
        false => content::random_key(encryption)?,
    };
    let found = match &key.secret {
        Secret::Rsa(private, _) => {
            let mut out = Zeroizing::new(vec![0; private.min_output_size()]);
            private
                .decrypt(oaep(algorithm), wrapped, &mut out, None)
                .map(|key| Zeroizing::new(key.to_vec()))
                .map_err(|_| Error::Undecipherable)
        }
        Secret::Agreement(private) => {
            let epk = header.get("epk").and_then(Value::as_object);
            let epk = epk.ok_or(Error::InvalidHeader("epk"))?;
            // RFC 7518 section 4.6.1.1: "only public key parameters".
            if epk.contains_key("d") {
                return Err(Error::InvalidHeader("epk"));
            }
            let epk = Material::from_jwk(epk).map_err(|error| match error {
                Error::UnsupportedCurve(_) => error,
                _ => Error::InvalidHeader("epk"),
            })?;
            let parties = [
                agreement::party(header, "apu")?,
                agreement::party(header, "apv")?,
            ];
            let info = agreement::Info {
                algorithm,
                encryption,
                parties: [&parties[0], &parties[1]],
            };
            let agreed = agreement::agree(private, &epk, &info)?;
            if algorithm.is_direct() {
                return Ok(agreed);
            }
            wrap::unwrap(&agreed, wrapped)
        }
        Secret::Shared(secret) if algorithm.is_direct() => {
            if secret.len() != encryption.key_length() {
                return Err(Error::InvalidKey("k"));
            }
            return Ok(secret.clone());
        }
        Secret::Shared(password) if algorithm.is_password() => {
            let salt = bytes(header, "p2s")?;
            // RFC 7518 section 4.8.1.1: "8 or more octets".
            if salt.len() < 8 {
                return Err(Error::InvalidHeader("p2s"));
            }
            let count = header.get("p2c").and_then(Value::as_u64);
            let count = policy.count(count.ok_or(Error::InvalidHeader("p2c"))?)?;
            let wrapping = wrap::from_password(algorithm, password, &salt, count);
            wrap::unwrap(&wrapping, wrapped)
        }
        Secret::Shared(wrapping) if algorithm.is_gcm() => {
            let mut sealed = Sealed {
                iv: bytes(header, "iv")?,
                ciphertext: wrapped.to_vec(),
                tag: bytes(header, "tag")?,
            };
            content::open_gcm(wrap::gcm(wrapping.len()), wrapping, &[], &mut sealed)
                .map(|()| Zeroizing::new(sealed.ciphertext))
        }
        Secret::Shared(wrapping) => wrap::unwrap(wrapping, wrapped),
    };
    Ok(match found {
        Ok(key) if key.len() == encryption.key_length() => key,
        _ => random,
    })
}

fn inflate(compressed: &[u8], limit: usize) -> Result<Vec<u8>, Error> {
    use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_with_limit};
    decompress_to_vec_with_limit(compressed, limit).map_err(|error| match error.status {
        TINFLStatus::HasMoreOutput => Error::TooLarge,
        _ => Error::Undecipherable,
    })
}

fn text<'a>(header: &'a Map<String, Value>, name: &'static str) -> Result<Option<&'a str>, Error> {
    match header.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Error::InvalidHeader(name)),
    }
}

fn bytes(header: &Map<String, Value>, name: &'static str) -> Result<Vec<u8>, Error> {
    let text = text(header, name)?.ok_or(Error::InvalidHeader(name))?;
    base64url::decode(text).map_err(|_| Error::InvalidHeader(name))
}

impl Policy {
    fn count(&self, count: u64) -> Result<NonZeroU32, Error> {
        u32::try_from(count)
            .ok()
            .filter(|count| (MIN_PASSWORD_COUNT..=self.max_password_count).contains(count))
            .and_then(NonZeroU32::new)
            .ok_or(Error::InvalidHeader("p2c"))
    }
}

/// RFC 7518 section 4.8.1.2: "A minimum iteration count of 1000 is RECOMMENDED."
const MIN_PASSWORD_COUNT: u32 = 1000;
