//! The header parameters of the algorithms (RFC 7518 sections 4.6 to 4.8).

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{ContentEncryption, KeyManagement};
use crate::json::{self, Member};
use crate::{Error, Part, base64url};

/// The header members that a recipient reads.
#[cfg_attr(test, derive(Debug, PartialEq))]
pub(super) struct Parameters<'h> {
    pub(super) algorithm: KeyManagement,
    pub(super) encryption: ContentEncryption,
    pub(super) key_id: Option<Cow<'h, str>>,
    pub(super) typ: Option<Cow<'h, str>>,
    pub(super) content_type: Option<Cow<'h, str>>,
    pub(super) zip: Option<Member<'h>>,
    /// Apart, since most headers have none, and moving the places of all takes time.
    of_algorithm: Option<Box<OfAlgorithm<'h>>>,
}

/// The header members that only some algorithms have.
#[cfg_attr(test, derive(Debug, PartialEq))]
struct OfAlgorithm<'h> {
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
            of_algorithm: None,
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
        let any = [&epk, &apu, &apv, &p2s, &p2c, &iv, &tag];
        let of_algorithm = if any.iter().any(|member| member.is_some()) {
            Some(Box::new(OfAlgorithm {
                epk,
                apu: text(apu, "apu")?,
                apv: text(apv, "apv")?,
                p2s: text(p2s, "p2s")?,
                p2c,
                iv: text(iv, "iv")?,
                tag: text(tag, "tag")?,
            }))
        } else {
            None
        };
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
            of_algorithm,
        })
    }

    /// The ephemeral key of an agreement.
    pub(super) fn epk(&self) -> Result<&Map<String, Value>, Error> {
        let of_algorithm = self.of_algorithm.as_ref();
        let epk = of_algorithm.and_then(|it| it.epk.as_ref()?.other()?.as_object());
        epk.ok_or(Error::InvalidHeader("epk"))
    }

    /// `apu` and `apv`, decoded; empty if absent.
    pub(super) fn parties(&self) -> Result<[Vec<u8>; 2], Error> {
        let decode = |text: Option<&str>, name| match text {
            None => Ok(Vec::new()),
            Some(text) => base64url::decode(text).map_err(|_| Error::InvalidHeader(name)),
        };
        let of_algorithm = self.of_algorithm.as_ref();
        Ok([
            decode(of_algorithm.and_then(|it| it.apu.as_deref()), "apu")?,
            decode(of_algorithm.and_then(|it| it.apv.as_deref()), "apv")?,
        ])
    }

    /// The salt of a password and how often it is hashed.
    pub(super) fn password(&self) -> Result<(Vec<u8>, u64), Error> {
        let of_algorithm = self.of_algorithm.as_ref();
        let salt = bytes(of_algorithm.and_then(|it| it.p2s.as_deref()), "p2s")?;
        // RFC 7518 section 4.8.1.1: "8 or more octets".
        if salt.len() < 8 {
            return Err(Error::InvalidHeader("p2s"));
        }
        let count = of_algorithm.and_then(|it| it.p2c.as_ref()?.other()?.as_u64());
        Ok((salt, count.ok_or(Error::InvalidHeader("p2c"))?))
    }

    /// IV and tag of a key that is wrapped with AES-GCM.
    pub(super) fn wrapping(&self) -> Result<[Vec<u8>; 2], Error> {
        let of_algorithm = self.of_algorithm.as_ref();
        Ok([
            bytes(of_algorithm.and_then(|it| it.iv.as_deref()), "iv")?,
            bytes(of_algorithm.and_then(|it| it.tag.as_deref()), "tag")?,
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
