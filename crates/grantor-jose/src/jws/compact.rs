//! The compact serialization of signatures (RFC 7515 section 3.1).

use std::borrow::Cow;

use serde_json::Value;

use super::header::{self, Extensions, Parsed};
use super::{Jws, MAX_TOKEN_BYTES};
use crate::base64url::{self, Wide};
use crate::check::holds;
use crate::key::MAX_SIGNATURE_BYTES;
use crate::{Algorithm, Error, KeySet, Part, PublicKey, json};

/// A token taken apart, of which nothing is verified.
pub(crate) struct Compact<'a> {
    signed: &'a str,
    payload: &'a str,
    signature: &'a str,
    header: Parsed<'a>,
}

impl Compact<'_> {
    /// Takes a token apart for the time of a call.
    pub(crate) fn read<T>(
        token: &str,
        understood: Extensions,
        call: impl FnOnce(Compact<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let (header, signed, payload, signature) = split(token)?;
        base64url::decoded::<USUAL_BYTES, _>(Part::Header, header, |bytes| {
            call(Compact {
                signed,
                payload,
                signature,
                header: Parsed::read(&bytes, understood)?,
            })
        })
    }

    pub(crate) fn typ(&self) -> Option<&str> {
        self.header.typ.as_deref()
    }

    pub(crate) const fn algorithm(&self) -> Algorithm {
        self.header.algorithm
    }

    pub(crate) fn key_id(&self) -> Option<&str> {
        self.header.key_id.as_deref()
    }

    /// The payload, which nothing proves.
    pub(crate) fn unverified_payload<T>(
        &self,
        call: impl FnOnce(&[u8]) -> Result<T, Error>,
    ) -> Result<T, Error> {
        Payload::Encoded(self.payload).with(None, |payload| call(&payload))
    }

    /// The key that the token brings along, which proves nothing but that its owner made it.
    pub(crate) fn embedded_key(&self) -> Option<&Value> {
        self.header.embedded_key.as_ref()
    }

    /// Verifies the signature, and then calls with the payload.
    pub(crate) fn verify_then<T>(
        &self,
        keys: &KeySet,
        algorithms: &[Algorithm],
        call: impl FnOnce(&[u8]) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let payload = Payload::Encoded(self.payload);
        self.signed_by(keys, algorithms, payload, |payload| call(&payload))
    }

    /// Like [`verify_then`](Self::verify_then) with this key, whatever `kid` says.
    pub(crate) fn verify_with_key_then<T>(
        mut self,
        key: &PublicKey,
        algorithms: &[Algorithm],
        call: impl FnOnce(&[u8]) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.header.key_id = None;
        self.verify_then(&KeySet::from_iter([key.clone()]), algorithms, call)
    }

    pub(super) fn verify(self, keys: &KeySet, algorithms: &[Algorithm]) -> Result<Jws, Error> {
        let payload = Payload::Encoded(self.payload);
        let payload = self.signed_by(keys, algorithms, payload, |bytes| Ok(bytes.into_owned()))?;
        Ok(self.header.into_jws(payload))
    }

    pub(super) fn verify_unencoded(
        self,
        keys: &KeySet,
        algorithms: &[Algorithm],
    ) -> Result<Jws, Error> {
        if !self.header.unencoded {
            return Err(Error::InvalidHeader("b64"));
        }
        let payload = Payload::Printable(self.payload);
        let payload = self.signed_by(keys, algorithms, payload, |bytes| Ok(bytes.into_owned()))?;
        Ok(self.header.into_jws(payload))
    }

    pub(super) fn verify_detached(
        self,
        payload: &[u8],
        keys: &KeySet,
        algorithms: &[Algorithm],
    ) -> Result<Jws, Error> {
        if !self.payload.is_empty() {
            return Err(Error::NotCompact);
        }
        let mut input = self.signed.as_bytes().to_vec();
        push_payload(&mut input, payload, self.header.unencoded);
        let bytes = Payload::Bytes(payload);
        let verified = self
            .header
            .verify(keys, algorithms, self.signature, &input, bytes, |_| Ok(()));
        verified.map(|()| self.header.into_jws(payload.to_vec()))
    }

    fn signed_by<T>(
        &self,
        keys: &KeySet,
        algorithms: &[Algorithm],
        payload: Payload<'_>,
        call: impl FnOnce(Cow<'_, [u8]>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let input = self.signed.as_bytes();
        self.header
            .verify(keys, algorithms, self.signature, input, payload, call)
    }
}

/// A token as its header, what is signed (the header and the payload), the payload and the signature.
fn split(token: &str) -> Result<(&str, &str, &str, &str), Error> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(Error::TooLarge);
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(Error::NotCompact)?;
    let (header, payload) = signed.split_once('.').ok_or(Error::NotCompact)?;
    match payload.contains('.') {
        true => Err(Error::NotCompact),
        false => Ok((header, signed, payload, signature)),
    }
}

/// The signed bytes, in the form in which they are at hand.
#[derive(Clone, Copy)]
pub(super) enum Payload<'a> {
    Encoded(&'a str),
    /// Text that has to survive where a compact token goes.
    Printable(&'a str),
    Bytes(&'a [u8]),
}

impl Payload<'_> {
    fn with<T>(
        self,
        kept: Option<&Wide>,
        call: impl FnOnce(Cow<'_, [u8]>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let encoding = Error::Encoding(Part::Payload);
        match self {
            Self::Encoded(text) => {
                base64url::decoded_with::<USUAL_BYTES, _>(kept, Part::Payload, text, call)
            }
            // RFC 7797 section 5.2.
            Self::Printable(text) if text.bytes().any(|byte| !matches!(byte, 0x20..=0x7e)) => {
                Err(encoding)
            }
            Self::Printable(text) => call(text.as_bytes().into()),
            Self::Bytes(bytes) => call(bytes.into()),
        }
    }
}

impl<'a> Parsed<'a> {
    fn read(header: &'a [u8], understood: Extensions) -> Result<Self, Error> {
        let (known, _) = json::split(header, Part::Header, &header::KNOWN)?;
        let unencoded = header::extensions(known[4].as_ref(), known[5].as_ref(), understood)?;
        Self::new(known, unencoded)
    }

    /// Verifies a signature over `input`, and then calls with the payload.
    pub(super) fn verify<T>(
        &self,
        keys: &KeySet,
        algorithms: &[Algorithm],
        signature: &str,
        input: &[u8],
        payload: Payload<'_>,
        call: impl FnOnce(Cow<'_, [u8]>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if !holds("jwt.algorithm", algorithms.contains(&self.algorithm)) {
            return Err(Error::AlgorithmNotAllowed);
        }
        let key = keys.choose(self.key_id.as_deref(), self.algorithm)?;
        base64url::decoded::<MAX_SIGNATURE_BYTES, _>(Part::Signature, signature, |signature| {
            payload.with(key.wide(), |payload| {
                key.verify(self.algorithm, input, &signature)?;
                call(payload)
            })
        })
    }

    pub(super) fn into_jws(self, payload: Vec<u8>) -> Jws {
        Jws {
            algorithm: self.algorithm,
            key_id: self.key_id.map(Cow::into_owned),
            typ: self.typ.map(Cow::into_owned),
            content_type: self.content_type.map(Cow::into_owned),
            payload,
        }
    }
}

/// Appends the payload to a signing input in the form that the header says.
pub(super) fn push_payload(input: &mut Vec<u8>, payload: &[u8], unencoded: bool) {
    if unencoded {
        input.extend_from_slice(payload);
    } else {
        base64url::push(payload, input);
    }
}

/// Longer headers and payloads are read all the same, but from the heap.
const USUAL_BYTES: usize = 1536;
