use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{ContentEncryption, KeyManagement};
use crate::json::{self, Member};
use crate::{Error, Part, base64url};

/// What a recipient reads of a header.
#[cfg_attr(test, derive(Debug, PartialEq))]
pub(super) struct Parameters<'h> {
    pub(super) algorithm: KeyManagement,
    pub(super) encryption: ContentEncryption,
    pub(super) key_id: Option<Cow<'h, str>>,
    pub(super) typ: Option<Cow<'h, str>>,
    pub(super) content_type: Option<Cow<'h, str>>,
    pub(super) zip: Option<Member<'h>>,
    epk: Option<Member<'h>>,
    apu: Option<Cow<'h, str>>,
    apv: Option<Cow<'h, str>>,
    p2s: Option<Cow<'h, str>>,
    p2c: Option<Member<'h>>,
    iv: Option<Cow<'h, str>>,
    tag: Option<Cow<'h, str>>,
}

/// Algorithm, encryption, key and type of the content.
pub(super) type Usual<'h> = (
    KeyManagement,
    ContentEncryption,
    Option<&'h str>,
    Option<&'static str>,
);

impl<'h> Parameters<'h> {
    /// Those of a header that says nothing else.
    pub(super) fn usual((algorithm, encryption, key_id, content_type): Usual<'h>) -> Self {
        Self {
            algorithm,
            encryption,
            key_id: key_id.map(Cow::Borrowed),
            typ: None,
            content_type: content_type.map(Cow::Borrowed),
            zip: None,
            epk: None,
            apu: None,
            apv: None,
            p2s: None,
            p2c: None,
            iv: None,
            tag: None,
        }
    }

    /// Reads a protected header that is all there is.
    pub(super) fn read(header: &'h [u8]) -> Result<Self, Error> {
        let (known, _) = json::split(header, Part::Header, &KNOWN)?;
        // RFC 7516 section 4.1.13: no extension is understood.
        if known[CRIT].is_some() {
            return Err(Error::CriticalHeader);
        }
        Self::new(known)
    }

    /// Takes the members of a header, protected and not, whose `crit` was looked at.
    pub(super) fn from_members(mut header: Map<String, Value>) -> Result<Self, Error> {
        Self::new(KNOWN.map(|name| header.remove(name).map(Member::from)))
    }

    fn new(known: [Option<Member<'h>>; 14]) -> Result<Self, Error> {
        let [
            alg,
            enc,
            kid,
            typ,
            cty,
            zip,
            _,
            epk,
            apu,
            apv,
            p2s,
            p2c,
            iv,
            tag,
        ] = known;
        Ok(Self {
            algorithm: text(alg, "alg")?
                .ok_or(Error::InvalidHeader("alg"))?
                .parse()?,
            encryption: text(enc, "enc")?
                .ok_or(Error::InvalidHeader("enc"))?
                .parse()?,
            key_id: text(kid, "kid")?,
            typ: text(typ, "typ")?,
            content_type: text(cty, "cty")?,
            zip,
            epk,
            apu: text(apu, "apu")?,
            apv: text(apv, "apv")?,
            p2s: text(p2s, "p2s")?,
            p2c,
            iv: text(iv, "iv")?,
            tag: text(tag, "tag")?,
        })
    }

    /// The ephemeral key of an agreement.
    pub(super) fn epk(&self) -> Result<&Map<String, Value>, Error> {
        let epk = self.epk.as_ref().and_then(Member::other);
        epk.and_then(Value::as_object)
            .ok_or(Error::InvalidHeader("epk"))
    }

    /// `apu` and `apv`, decoded; empty if absent.
    pub(super) fn parties(&self) -> Result<[Vec<u8>; 2], Error> {
        let decode = |text: &Option<Cow<'_, str>>, name| match text {
            None => Ok(Vec::new()),
            Some(text) => base64url::decode(&**text).map_err(|_| Error::InvalidHeader(name)),
        };
        Ok([decode(&self.apu, "apu")?, decode(&self.apv, "apv")?])
    }

    /// The salt of a password and how often it is hashed.
    pub(super) fn password(&self) -> Result<(Vec<u8>, u64), Error> {
        let salt = bytes(self.p2s.as_deref(), "p2s")?;
        // RFC 7518 section 4.8.1.1: "8 or more octets".
        if salt.len() < 8 {
            return Err(Error::InvalidHeader("p2s"));
        }
        let count = self.p2c.as_ref().and_then(Member::other);
        let count = count.and_then(Value::as_u64);
        Ok((salt, count.ok_or(Error::InvalidHeader("p2c"))?))
    }

    /// IV and tag of a key that is wrapped with AES-GCM.
    pub(super) fn wrapping(&self) -> Result<[Vec<u8>; 2], Error> {
        Ok([
            bytes(self.iv.as_deref(), "iv")?,
            bytes(self.tag.as_deref(), "tag")?,
        ])
    }
}

fn text<'h>(value: Option<Member<'h>>, name: &'static str) -> Result<Option<Cow<'h, str>>, Error> {
    match value {
        None => Ok(None),
        Some(Member::Text(text)) => Ok(Some(text)),
        Some(Member::Other(_)) => Err(Error::InvalidHeader(name)),
    }
}

fn bytes(text: Option<&str>, name: &'static str) -> Result<Vec<u8>, Error> {
    let text = text.ok_or(Error::InvalidHeader(name))?;
    base64url::decode(text).map_err(|_| Error::InvalidHeader(name))
}

const KNOWN: [&str; 14] = [
    "alg", "enc", "kid", "typ", "cty", "zip", "crit", "epk", "apu", "apv", "p2s", "p2c", "iv",
    "tag",
];

/// The place of `crit` in [`KNOWN`].
const CRIT: usize = 6;
