use serde_json::Value;

use super::header::{self, Extensions, Parsed};
use super::{Jws, MAX_TOKEN_BYTES};
use crate::key::MAX_SIGNATURE_BYTES;
use crate::{Algorithm, Error, KeySet, Part, PublicKey, base64url, json};

/// A token taken apart, of which nothing is verified.
pub(crate) struct Compact<'a> {
    signed: &'a str,
    payload: &'a str,
    signature: &'a str,
    header: Parsed,
}

impl<'a> Compact<'a> {
    pub(crate) fn parse(token: &'a str) -> Result<Self, Error> {
        Self::parse_with(token, Extensions::None)
    }

    pub(super) fn parse_extended(token: &'a str) -> Result<Self, Error> {
        Self::parse_with(token, Extensions::Unencoded)
    }

    fn parse_with(token: &'a str, understood: Extensions) -> Result<Self, Error> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(Error::TooLarge);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(Error::NotCompact)?;
        let (header, payload) = signed.split_once('.').ok_or(Error::NotCompact)?;
        if payload.contains('.') {
            return Err(Error::NotCompact);
        }
        let read = |bytes: &[u8]| json::split(bytes, Part::Header, &header::KNOWN);
        let found = base64url::decoded::<MAX_USUAL_HEADER, _>(header, read);
        let (known, _) = found.map_err(|_| Error::Encoding(Part::Header))??;
        let unencoded = header::extensions(known[4].as_ref(), known[5].as_ref(), understood)?;
        Ok(Self {
            signed,
            payload,
            signature,
            header: Parsed::new(known, unencoded)?,
        })
    }

    pub(crate) fn typ(&self) -> Option<&str> {
        self.header.typ.as_deref()
    }

    pub(crate) const fn payload(&self) -> &'a str {
        self.payload
    }

    /// The key that the token brings along, which proves nothing but that its owner made it.
    pub(crate) fn embedded_key(&self) -> Option<&Value> {
        self.header.embedded_key.as_ref()
    }

    /// Verifies with this key, whatever `kid` says.
    pub(crate) fn verify_with(
        mut self,
        key: PublicKey,
        algorithms: &[Algorithm],
    ) -> Result<Jws, Error> {
        self.header.key_id = None;
        self.verify(&KeySet::from_iter([key]), algorithms)
    }

    pub(crate) fn verify(self, keys: &KeySet, algorithms: &[Algorithm]) -> Result<Jws, Error> {
        self.header.verify_with(
            keys,
            algorithms,
            self.signature,
            self.signed.as_bytes(),
            || base64url::decode(self.payload).map_err(|_| Error::Encoding(Part::Payload)),
        )
    }

    pub(super) fn verify_unencoded(
        self,
        keys: &KeySet,
        algorithms: &[Algorithm],
    ) -> Result<Jws, Error> {
        if !self.header.unencoded {
            return Err(Error::InvalidHeader("b64"));
        }
        self.header.verify_with(
            keys,
            algorithms,
            self.signature,
            self.signed.as_bytes(),
            || {
                // RFC 7797 section 5.2: the payload must survive where the token goes.
                if self.payload.bytes().all(|byte| matches!(byte, 0x20..=0x7e)) {
                    Ok(self.payload.as_bytes().to_vec())
                } else {
                    Err(Error::Encoding(Part::Payload))
                }
            },
        )
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
        self.header
            .verify_with(keys, algorithms, self.signature, &input, || {
                Ok(payload.to_vec())
            })
    }
}

impl Parsed {
    /// Verifies a signature over `input`, and answers with the payload if it is right.
    pub(super) fn verify_with(
        self,
        keys: &KeySet,
        algorithms: &[Algorithm],
        signature: &str,
        input: &[u8],
        payload: impl FnOnce() -> Result<Vec<u8>, Error>,
    ) -> Result<Jws, Error> {
        if !algorithms.contains(&self.algorithm) {
            return Err(Error::AlgorithmNotAllowed);
        }
        let key = keys.choose(self.key_id.as_deref(), self.algorithm)?;
        let payload = base64url::decoded::<MAX_SIGNATURE_BYTES, _>(signature, |signature| {
            let payload = payload()?;
            key.verify(self.algorithm, input, signature)?;
            Ok(payload)
        });
        let payload = payload.map_err(|_| Error::Encoding(Part::Signature))??;
        Ok(Jws {
            algorithm: self.algorithm,
            key_id: self.key_id,
            typ: self.typ,
            content_type: self.content_type,
            payload,
        })
    }
}

/// Appends the payload to a signing input in the form that the header says.
pub(super) fn push_payload(input: &mut Vec<u8>, payload: &[u8], unencoded: bool) {
    if unencoded {
        input.extend_from_slice(payload);
    } else {
        input.extend_from_slice(base64url::encode(payload).as_bytes());
    }
}

/// Longer headers, with certificates inside, are read all the same.
const MAX_USUAL_HEADER: usize = 1024;
