//! JWS in its compact serialization (RFC 7515), whatever the payload is.
//!
//! Key material in a header (`jwk`, `jku`, `x5c`, `x5u`) is never used, and URLs in it are never
//! fetched. Unencoded payloads (RFC 7797) are refused.

use std::fmt;

use serde_json::{Map, Value};

use crate::jwt::Typ;
use crate::{Algorithm, Error, KeySet, Part, base64url, json};

/// A token whose signature was verified.
#[derive(Clone)]
#[non_exhaustive]
pub struct Jws {
    /// How it is signed.
    pub algorithm: Algorithm,
    /// The `kid` of its header.
    pub key_id: Option<String>,
    /// The `typ` of its header, as it stands there.
    pub typ: Option<String>,
    /// What was signed.
    pub payload: Vec<u8>,
}

impl fmt::Debug for Jws {
    /// Leaves out the payload.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jws")
            .field("algorithm", &self.algorithm)
            .field("key_id", &self.key_id)
            .field("typ", &self.typ)
            .finish_non_exhaustive()
    }
}

/// Verifies a token with the one key of `keys` that its header means, if its algorithm is one of
/// `algorithms`.
///
/// # Errors
/// See [`Error`]; of those about claims, none.
pub fn verify(token: &str, keys: &KeySet, algorithms: &[Algorithm]) -> Result<Jws, Error> {
    Compact::parse(token)?.verify(keys, algorithms)
}

/// A token taken apart, of which nothing is verified.
pub(crate) struct Compact<'a> {
    signed: &'a str,
    payload: &'a str,
    signature: &'a str,
    algorithm: Algorithm,
    key_id: Option<String>,
    pub(crate) typ: Option<String>,
}

impl<'a> Compact<'a> {
    pub(crate) fn parse(token: &'a str) -> Result<Self, Error> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(Error::TooLarge);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(Error::NotCompact)?;
        let (header, payload) = signed.split_once('.').ok_or(Error::NotCompact)?;
        if payload.contains('.') {
            return Err(Error::NotCompact);
        }
        let bytes = base64url::decode(header).map_err(|_| Error::Encoding(Part::Header))?;
        let mut header = json::object(&bytes, Part::Header)?;
        if header.contains_key("crit") {
            return Err(Error::CriticalHeader);
        }
        // RFC 7797 section 6: "b64" without "crit" could be read in two ways.
        if header.contains_key("b64") {
            return Err(Error::InvalidHeader("b64"));
        }
        Ok(Self {
            signed,
            payload,
            signature,
            algorithm: take_text(&mut header, "alg")?
                .ok_or(Error::InvalidHeader("alg"))?
                .parse()?,
            key_id: take_text(&mut header, "kid")?,
            typ: take_text(&mut header, "typ")?,
        })
    }

    pub(crate) fn verify(self, keys: &KeySet, algorithms: &[Algorithm]) -> Result<Jws, Error> {
        if !algorithms.contains(&self.algorithm) {
            return Err(Error::AlgorithmNotAllowed);
        }
        let key = keys.select(self.key_id.as_deref(), self.algorithm)?;
        let signature = base64url::decode(self.signature);
        let signature = signature.map_err(|_| Error::Encoding(Part::Signature))?;
        let payload = base64url::decode(self.payload);
        let payload = payload.map_err(|_| Error::Encoding(Part::Payload))?;
        key.verify(self.algorithm, self.signed.as_bytes(), &signature)?;
        Ok(Jws {
            algorithm: self.algorithm,
            key_id: self.key_id,
            typ: self.typ,
            payload,
        })
    }
}

/// The header of a token that is going to be signed, encoded.
pub(crate) fn encode_header(algorithm: Algorithm, typ: Typ, key_id: &str) -> String {
    let typ = Value::from(typ.as_str());
    let key_id = Value::from(key_id);
    base64url::encode(format!(
        r#"{{"alg":"{algorithm}","typ":{typ},"kid":{key_id}}}"#
    ))
}

fn take_text(header: &mut Map<String, Value>, name: &'static str) -> Result<Option<String>, Error> {
    match header.remove(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Error::InvalidHeader(name)),
    }
}

/// More than a header of HTTP takes, so that only forms and bodies could carry more.
const MAX_TOKEN_BYTES: usize = 64 * 1024;
