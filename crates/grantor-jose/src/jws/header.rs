//! The header of a signature (RFC 7515 section 4).

use std::borrow::Cow;

use serde_json::Value;

use crate::check::is_off;
use crate::json::{self, Member};
use crate::jwt::Typ;
use crate::{Algorithm, Error, ObjectWriter, PublicKey, base64url};

/// The header of a token that is going to be signed, `alg` and `kid` apart, which come from the
/// key.
#[derive(Debug, Clone, Default)]
pub struct Header {
    typ: Option<String>,
    content_type: Option<String>,
    unencoded: bool,
    members: Vec<(String, Value)>,
}

impl Header {
    /// A header without further members.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            typ: None,
            content_type: None,
            unencoded: false,
            members: Vec::new(),
        }
    }

    /// Says what kind of token it is.
    #[must_use]
    pub fn with_typ(self, typ: impl Into<String>) -> Self {
        Self {
            typ: Some(typ.into()),
            ..self
        }
    }

    /// Says what the payload is: `cty`, a media type without `application/`.
    #[must_use]
    pub fn with_content_type(self, content_type: impl Into<String>) -> Self {
        Self {
            content_type: Some(content_type.into()),
            ..self
        }
    }

    /// Signs the bytes of the payload and not their encoding (RFC 7797). Not for JWTs.
    #[must_use]
    pub fn unencoded(self) -> Self {
        Self {
            unencoded: true,
            ..self
        }
    }

    /// Adds another member, as `x5t`. Members that the key provides (`alg`, `kid`), that have a
    /// function of their own here (`typ`, `cty`, `b64`), or that would need an extension (`crit`)
    /// are left out. Of two members with one name the last is kept.
    #[must_use]
    pub fn with_member(mut self, name: impl Into<String>, value: Value) -> Self {
        let name = name.into();
        self.members.retain(|(known, _)| *known != name);
        if !Self::OWN_MEMBERS.contains(&&*name) {
            self.members.push((name, value));
        }
        self
    }

    /// The members that [`with_member`](Self::with_member) leaves out.
    pub const OWN_MEMBERS: [&str; 6] = ["alg", "kid", "typ", "cty", "b64", "crit"];

    pub(crate) const fn is_unencoded(&self) -> bool {
        self.unencoded
    }

    /// Appends the protected header, encoded.
    pub(super) fn push(&self, algorithm: Algorithm, key_id: &str, out: &mut Vec<u8>) {
        let typ = self.typ.as_deref();
        push(out, algorithm, key_id, typ, |json| {
            if let Some(content_type) = &self.content_type {
                json.extend_from_slice(br#","cty":"#);
                json::push_text(content_type, json);
            }
            if self.unencoded {
                json.extend_from_slice(br#","b64":false,"crit":["b64"]"#);
            }
            for (name, value) in &self.members {
                json.push(b',');
                json::push_text(name, json);
                json.push(b':');
                json.extend_from_slice(value.to_string().as_bytes());
            }
        });
    }

    /// About how many characters it becomes, rather too many.
    pub(super) fn length(&self, key_id: &str) -> usize {
        let texts = [self.typ.as_deref(), self.content_type.as_deref()];
        let texts: usize = texts.into_iter().flatten().map(str::len).sum();
        let member = |(name, value): &(String, Value)| name.len() + value.to_string().len() + 4;
        let members: usize = self.members.iter().map(member).sum();
        2 * (80 + texts + members + key_id.len())
    }
}

/// Appends the header of a JWT that is going to be signed, encoded.
pub(crate) fn push_header(out: &mut Vec<u8>, algorithm: Algorithm, typ: Typ, key_id: &str) {
    push(out, algorithm, key_id, Some(typ.as_str()), |_| {});
}

/// Appends the header of a DPoP proof, encoded (RFC 9449 section 4.2).
pub(crate) fn push_proof_header(out: &mut Vec<u8>, algorithm: Algorithm, key: &PublicKey) {
    push(out, algorithm, "", Some(Typ::DPOP.as_str()), |out| {
        out.extend_from_slice(br#","jwk":"#);
        let mut jwk = ObjectWriter::with_capacity(128);
        for (name, value) in key.material().members() {
            jwk.text(name, &value);
        }
        out.extend_from_slice(jwk.finish().as_bytes());
    });
}

fn push(
    out: &mut Vec<u8>,
    algorithm: Algorithm,
    key_id: &str,
    typ: Option<&str>,
    others: impl FnOnce(&mut Vec<u8>),
) {
    let start = out.len();
    out.extend_from_slice(br#"{"alg":"#);
    json::push_text(algorithm.as_str(), out);
    if let Some(typ) = typ {
        out.extend_from_slice(br#","typ":"#);
        json::push_text(typ, out);
    }
    if !key_id.is_empty() {
        out.extend_from_slice(br#","kid":"#);
        json::push_text(key_id, out);
    }
    others(out);
    out.push(b'}');
    base64url::encode_tail(out, start);
}

/// The extensions that a header may declare in `crit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extensions {
    None,
    /// `b64`.
    Unencoded,
}

/// The header members that a verifier reads.
#[derive(Debug)]
pub(super) struct Parsed<'h> {
    pub(super) algorithm: Algorithm,
    pub(super) key_id: Option<Cow<'h, str>>,
    pub(super) typ: Option<Cow<'h, str>>,
    pub(super) content_type: Option<Cow<'h, str>>,
    pub(super) unencoded: bool,
    /// `jwk`, unchanged.
    pub(super) embedded_key: Option<Value>,
}

/// The members that are read, in the order of [`Known`].
pub(super) const KNOWN: [&str; 7] = ["alg", "kid", "typ", "cty", "crit", "b64", "jwk"];

/// The values of [`KNOWN`].
pub(super) type Known<'h> = [Option<Member<'h>>; 7];

impl<'h> Parsed<'h> {
    /// `known` are the members of the whole header, protected and not; `unencoded` is what
    /// [`extensions`] found in the protected part.
    pub(super) fn new(known: Known<'h>, unencoded: bool) -> Result<Self, Error> {
        let [algorithm, key_id, typ, content_type, _, _, embedded_key] = known;
        let algorithm = text(algorithm, "alg")?.ok_or(Error::InvalidHeader("alg"))?;
        Ok(Self {
            algorithm: algorithm.parse()?,
            key_id: text(key_id, "kid")?,
            typ: text(typ, "typ")?,
            content_type: text(content_type, "cty")?,
            unencoded,
            embedded_key: embedded_key.and_then(Member::into_other),
        })
    }
}

/// Reads `crit` and `b64` of a protected header: whether the payload is not encoded.
pub(super) fn extensions(
    critical: Option<&Member<'_>>,
    encoded: Option<&Member<'_>>,
    understood: Extensions,
) -> Result<bool, Error> {
    let Some(critical) = critical else {
        // RFC 7797 section 6: "b64" without "crit" could be read in two ways.
        return match encoded {
            None => Ok(false),
            Some(_) => Err(Error::InvalidHeader("b64")),
        };
    };
    if understood == Extensions::None {
        if is_off("jwt.critical") {
            return Ok(false);
        }
        return Err(Error::CriticalHeader);
    }
    // RFC 7515 section 4.1.11: not empty, no name twice, none that is not in the header; as only
    // one name is understood, a valid list has that name alone.
    let names = critical.other().and_then(Value::as_array);
    let names = names.ok_or(Error::InvalidHeader("crit"))?;
    match names.as_slice() {
        [Value::String(name)] if name == "b64" => {}
        [] => return Err(Error::InvalidHeader("crit")),
        names if !names.iter().all(Value::is_string) => return Err(Error::InvalidHeader("crit")),
        _ => return Err(Error::CriticalHeader),
    }
    match encoded.and_then(Member::other) {
        Some(Value::Bool(encoded)) => Ok(!encoded),
        _ => Err(Error::InvalidHeader("b64")),
    }
}

fn text<'h>(value: Option<Member<'h>>, name: &'static str) -> Result<Option<Cow<'h, str>>, Error> {
    match value {
        None => Ok(None),
        Some(Member::Text(text)) => Ok(Some(text)),
        Some(Member::Other(_)) => Err(Error::InvalidHeader(name)),
    }
}

#[cfg(test)]
mod tests;
