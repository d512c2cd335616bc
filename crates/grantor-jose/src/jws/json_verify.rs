//! The JSON serializations (RFC 7515 section 7.2).

use serde_json::{Map, Value};

use super::compact::{self, push_payload};
use super::header::{self, Extensions, Parsed};
use super::{Jws, MAX_TOKEN_BYTES};
use crate::json::{self, Member};
use crate::{Algorithm, Error, KeySet, Part, base64url};

/// Verifies a token in JSON, flattened or general.
///
/// Of several signatures one has to be right, and what comes back is its header alone: the others
/// say nothing. Members of the unprotected header are used as far as the protected one lacks
/// them; `crit` and `b64` count only when they are protected. Payloads that are not encoded
/// (RFC 7797) are understood.
///
/// # Errors
/// As [`verify`](super::verify); of several signatures the error of one that was meant for these keys, if
/// there is one.
pub fn verify_json(token: &str, keys: &KeySet, algorithms: &[Algorithm]) -> Result<Jws, Error> {
    verify_with(token, None, keys, algorithms)
}

/// Like [`verify_json`] for a token without `payload`, which is given apart (RFC 7515 appendix F).
///
/// # Errors
/// As [`verify_json`]; [`Error::Json`] if there is a payload in the token.
pub fn verify_json_detached(
    token: &str,
    payload: &[u8],
    keys: &KeySet,
    algorithms: &[Algorithm],
) -> Result<Jws, Error> {
    verify_with(token, Some(payload), keys, algorithms)
}

fn verify_with(
    token: &str,
    detached: Option<&[u8]>,
    keys: &KeySet,
    algorithms: &[Algorithm],
) -> Result<Jws, Error> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(Error::TooLarge);
    }
    let mut token = json::object(token.as_bytes(), Part::Token)?;
    let payload = match (token.remove("payload"), detached) {
        (Some(Value::String(text)), None) => Payload::Within(text),
        (None, Some(bytes)) => Payload::Detached(bytes),
        _ => return Err(Error::Json(Part::Token)),
    };
    let signatures = signatures(token)?;
    // RFC 7797 section 3: "the "b64" Header Parameter value MUST be the same for all of them".
    let unencoded = signatures[0].header.unencoded;
    if signatures
        .iter()
        .any(|one| one.header.unencoded != unencoded)
    {
        return Err(Error::InvalidHeader("b64"));
    }
    let mut first = None;
    for signature in signatures {
        match signature.verify(&payload, keys, algorithms) {
            Ok(jws) => return Ok(jws),
            Err(error) => match first {
                // A signature for someone else says less than a wrong one.
                None | Some(Error::UnknownKey | Error::AlgorithmNotAllowed) => first = Some(error),
                Some(_) => {}
            },
        }
    }
    Err(first.unwrap_or(Error::Json(Part::Token)))
}

enum Payload<'a> {
    /// The encoded text in the token.
    Within(String),
    Detached(&'a [u8]),
}

struct Signature {
    protected: String,
    signature: String,
    header: Parsed<'static>,
}

/// At least one.
fn signatures(mut token: Map<String, Value>) -> Result<Vec<Signature>, Error> {
    let Some(several) = token.remove("signatures") else {
        return Ok(vec![Signature::parse(token)?]);
    };
    // RFC 7515 section 7.2.2: "The "signatures" member MUST NOT be present when using this syntax."
    let flattened = ["protected", "header", "signature"];
    if flattened.iter().any(|name| token.contains_key(*name)) {
        return Err(Error::Json(Part::Token));
    }
    match several {
        Value::Array(several) if several.len() > MAX_SIGNATURES => Err(Error::TooLarge),
        Value::Array(several) if !several.is_empty() => several
            .into_iter()
            .map(|one| match one {
                Value::Object(one) => Signature::parse(one),
                _ => Err(Error::Json(Part::Token)),
            })
            .collect(),
        _ => Err(Error::Json(Part::Token)),
    }
}

impl Signature {
    fn parse(mut members: Map<String, Value>) -> Result<Self, Error> {
        let wrong = Error::Json(Part::Token);
        let protected = match members.remove("protected") {
            None => String::new(),
            // RFC 7515 section 7.2.1: absent and not empty when there is nothing in it.
            Some(Value::String(text)) if !text.is_empty() => text,
            Some(_) => return Err(wrong),
        };
        let Some(Value::String(signature)) = members.remove("signature") else {
            return Err(wrong);
        };
        let mut header = Map::new();
        if !protected.is_empty() {
            let bytes = base64url::decode(&protected);
            let bytes = bytes.map_err(|_| Error::Encoding(Part::Header))?;
            header = json::object(&bytes, Part::Header)?;
        }
        let member = |name| header.get(name).cloned().map(Member::from);
        let (critical, encoded) = (member("crit"), member("b64"));
        let understood = Extensions::Unencoded;
        let unencoded = header::extensions(critical.as_ref(), encoded.as_ref(), understood)?;
        match members.remove("header") {
            None => {}
            Some(Value::Object(unprotected)) => {
                for (name, value) in unprotected {
                    if name == "crit" {
                        return Err(Error::InvalidHeader("crit"));
                    }
                    if name == "b64" {
                        return Err(Error::InvalidHeader("b64"));
                    }
                    // RFC 7515 section 7.2.1: the names "MUST be disjoint".
                    if header.insert(name, value).is_some() {
                        return Err(Error::DuplicateMember(Part::Header));
                    }
                }
            }
            Some(_) => return Err(wrong),
        }
        Ok(Self {
            protected,
            signature,
            header: Parsed::new(
                header::KNOWN.map(|name| header.remove(name).map(Member::from)),
                unencoded,
            )?,
        })
    }

    fn verify(
        self,
        payload: &Payload<'_>,
        keys: &KeySet,
        algorithms: &[Algorithm],
    ) -> Result<Jws, Error> {
        let unencoded = self.header.unencoded;
        let mut input = self.protected.into_bytes();
        input.push(b'.');
        let bytes = match payload {
            Payload::Detached(bytes) => {
                push_payload(&mut input, bytes, unencoded);
                bytes.to_vec()
            }
            Payload::Within(text) => {
                input.extend_from_slice(text.as_bytes());
                if unencoded {
                    text.clone().into_bytes()
                } else {
                    base64url::decode(text).map_err(|_| Error::Encoding(Part::Payload))?
                }
            }
        };
        let payload = compact::Payload::Bytes(&bytes);
        let signature = &self.signature;
        self.header
            .verify(keys, algorithms, signature, &input, payload, |_| Ok(()))?;
        Ok(self.header.into_jws(bytes))
    }
}

/// Each costs a verification.
const MAX_SIGNATURES: usize = 16;
