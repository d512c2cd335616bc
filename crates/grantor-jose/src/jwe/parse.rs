//! Taking tokens apart (RFC 7516 section 7). Nothing is decrypted here, and no part decoded but the
//! header.

use serde_json::{Map, Value};

use crate::{Error, Part, base64url, json};

/// The parts of a compact token, none of them decoded.
pub(super) struct Compact<'t> {
    pub(super) protected: &'t str,
    pub(super) encrypted_key: &'t str,
    pub(super) content: Content<'t>,
}

/// The parts that are the same for all recipients, none of them decoded.
#[derive(Clone, Copy)]
pub(super) struct Content<'t> {
    /// The text that the tag covers beside the content.
    pub(super) associated: &'t str,
    pub(super) iv: &'t str,
    pub(super) ciphertext: &'t str,
    pub(super) tag: &'t str,
}

/// A token in JSON.
pub(super) struct Token {
    pub(super) associated: String,
    pub(super) iv: String,
    pub(super) ciphertext: String,
    pub(super) tag: String,
    /// At least one.
    pub(super) recipients: Vec<Recipient>,
}

pub(super) struct Recipient {
    /// All members that count for it.
    pub(super) header: Map<String, Value>,
    pub(super) encrypted_key: String,
}

pub(super) fn compact(token: &str) -> Result<Compact<'_>, Error> {
    if token.len() > MAX_BYTES {
        return Err(Error::TooLarge);
    }
    let wrong = Error::NotCompactJwe;
    let (protected, rest) = token.split_once('.').ok_or(wrong)?;
    let (encrypted_key, rest) = rest.split_once('.').ok_or(wrong)?;
    let (iv, rest) = rest.split_once('.').ok_or(wrong)?;
    // From the end, which is nearer. Another dot in between is no character of base64url.
    let (ciphertext, tag) = rest.rsplit_once('.').ok_or(wrong)?;
    Ok(Compact {
        protected,
        encrypted_key,
        content: Content {
            associated: protected,
            iv,
            ciphertext,
            tag,
        },
    })
}

pub(super) fn json(token: &str) -> Result<Token, Error> {
    let wrong = Error::Json(Part::Token);
    if token.len() > MAX_BYTES {
        return Err(Error::TooLarge);
    }
    let mut token = json::object(token.as_bytes(), Part::Token)?;
    let protected = take_text(&mut token, "protected")?.unwrap_or_default();
    let mut shared = if protected.is_empty() {
        Map::new()
    } else {
        protected_header(&protected)?
    };
    join(&mut shared, take_object(&mut token, "unprotected")?)?;
    let mut associated = protected;
    if let Some(aad) = take_text(&mut token, "aad")? {
        base64url::decode(&aad).map_err(|_| Error::Encoding(Part::Token))?;
        associated.push('.');
        associated.push_str(&aad);
    }
    let mut part = |name| Ok(take_text(&mut token, name)?.unwrap_or_default());
    let (iv, ciphertext, tag) = (part("iv")?, part("ciphertext")?, part("tag")?);
    let recipients = match token.remove("recipients") {
        None => vec![token],
        // RFC 7516 section 7.2.2: "recipients" and the flattened members exclude each other.
        Some(_) if token.contains_key("header") || token.contains_key("encrypted_key") => {
            return Err(wrong);
        }
        Some(Value::Array(several)) if several.len() > MAX_RECIPIENTS => {
            return Err(Error::TooLarge);
        }
        Some(Value::Array(several)) if !several.is_empty() => several
            .into_iter()
            .map(|one| match one {
                Value::Object(one) => Ok(one),
                _ => Err(wrong),
            })
            .collect::<Result<_, _>>()?,
        Some(_) => return Err(wrong),
    };
    let recipients = recipients
        .into_iter()
        .map(|mut one| {
            let mut header = shared.clone();
            join(&mut header, take_object(&mut one, "header")?)?;
            Ok(Recipient {
                header,
                encrypted_key: take_text(&mut one, "encrypted_key")?.unwrap_or_default(),
            })
        })
        .collect::<Result<_, _>>()?;
    Ok(Token {
        associated,
        iv,
        ciphertext,
        tag,
        recipients,
    })
}

/// RFC 7516 section 4.1.13: no extension is understood.
fn protected_header(encoded: &str) -> Result<Map<String, Value>, Error> {
    let header = base64url::decode(encoded).map_err(|_| Error::Encoding(Part::Header))?;
    let header = json::object(&header, Part::Header)?;
    if header.contains_key("crit") {
        return Err(Error::CriticalHeader);
    }
    Ok(header)
}

/// Adds members that are not protected, of which none may be there already (RFC 7516 section
/// 7.2.1). `zip` and `crit` have to be protected (sections 4.1.3 and 4.1.13).
fn join(header: &mut Map<String, Value>, members: Map<String, Value>) -> Result<(), Error> {
    for (name, value) in members {
        match name.as_str() {
            "zip" => return Err(Error::InvalidHeader("zip")),
            "crit" => return Err(Error::InvalidHeader("crit")),
            _ => {}
        }
        if header.insert(name, value).is_some() {
            return Err(Error::DuplicateMember(Part::Header));
        }
    }
    Ok(())
}

fn take_text(token: &mut Map<String, Value>, name: &str) -> Result<Option<String>, Error> {
    match token.remove(name) {
        None => Ok(None),
        // RFC 7516 section 7.2.1: such members are absent when they would be empty.
        Some(Value::String(text)) if !text.is_empty() || name == "ciphertext" => Ok(Some(text)),
        Some(_) => Err(Error::Json(Part::Token)),
    }
}

fn take_object(token: &mut Map<String, Value>, name: &str) -> Result<Map<String, Value>, Error> {
    match token.remove(name) {
        None => Ok(Map::new()),
        Some(Value::Object(object)) => Ok(object),
        Some(_) => Err(Error::Json(Part::Token)),
    }
}

/// Twice the longest JWS, so that one fits in.
const MAX_BYTES: usize = 128 * 1024;

/// Each may cost a private operation.
const MAX_RECIPIENTS: usize = 16;
