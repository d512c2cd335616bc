//! JSON objects in which no name occurs twice, at any depth (RFC 7515 section 4).

mod member;
mod object_writer;

use std::fmt;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor,
};
use serde_json::error::Category;
use serde_json::{Map, Value};

use crate::{Error, Part};

pub(crate) use member::Member;
pub use object_writer::ObjectWriter;

/// Reads the object that `bytes` are; `part` is named in errors.
pub(crate) fn object(bytes: &[u8], part: Part) -> Result<Map<String, Value>, Error> {
    match serde_json::from_slice(bytes) {
        Ok(Strict(Value::Object(object))) => Ok(object),
        // The visitor takes every value, so it is the only one to complain about data.
        Err(error) if error.classify() == Category::Data => Err(Error::DuplicateMember(part)),
        _ => Err(Error::Json(part)),
    }
}

/// Reads the object that a document is, which may begin with a byte order mark (RFC 8259 section
/// 8.1): editors and servers put one into files. A token has none.
pub(crate) fn document(bytes: &[u8], part: Part) -> Result<Map<String, Value>, Error> {
    object(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes), part)
}

/// Reads the object that `bytes` are, and puts members of known names aside, in the order of the
/// names: for tokens, of which most members are known, that costs half of [`object`].
#[inline]
pub(crate) fn split<'j, const N: usize>(
    bytes: &'j [u8],
    part: Part,
    known: &[&str; N],
) -> Result<Parts<'j, N>, Error> {
    // Looked at once as a whole, which takes less than text by text.
    let text = std::str::from_utf8(bytes).map_err(|_| Error::Json(part))?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = Split(known).deserialize(&mut reader);
    let read = read.and_then(|found| reader.end().map(|()| found));
    read.map_err(|error| match error.classify() {
        // Something else than an object is an error of data too.
        Category::Data if starts_an_object(bytes) => Error::DuplicateMember(part),
        _ => Error::Json(part),
    })
}

/// The values of known names, and all other members.
pub(crate) type Parts<'j, const N: usize> = ([Option<Member<'j>>; N], Map<String, Value>);

/// The place of a known name.
fn place(name: &str, known: &[&str]) -> Option<usize> {
    // Most names are equally long: the first letter tells nearly all of them apart.
    let first = name.as_bytes().first();
    let mut known = known.iter();
    known.position(|one| one.as_bytes().first() == first && *one == name)
}

/// Appends `text` as JSON.
pub(crate) fn push_text(text: &str, out: &mut Vec<u8>) {
    let written = serde_json::to_writer(out, text);
    debug_assert!(written.is_ok(), "writing to memory does not fail");
}

fn starts_an_object(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().first() == Some(&b'{')
}

struct Split<'k, const N: usize>(&'k [&'k str; N]);

impl<'de, const N: usize> DeserializeSeed<'de> for Split<'_, N> {
    type Value = Parts<'de, N>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, const N: usize> Visitor<'de> for Split<'_, N> {
    type Value = Parts<'de, N>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object without duplicate members")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut aside = [const { None }; N];
        let mut others = Map::new();
        while let Some(name) = members.next_key_seed(Name(self.0))? {
            let is_new = match name {
                Ok(index) => aside[index].replace(members.next_value()?).is_none(),
                Err(name) => {
                    let Strict(value) = members.next_value()?;
                    others.insert(name, value).is_none()
                }
            };
            if !is_new {
                return Err(A::Error::custom("duplicate member"));
            }
        }
        Ok((aside, others))
    }
}

/// The place of a known name, or the unknown one.
struct Name<'k>(&'k [&'k str]);

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = Result<usize, String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = Result<usize, String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(place(name, self.0).ok_or_else(|| name.to_owned()))
    }
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without duplicate members")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut out = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            out.push(item);
        }
        Ok(Value::Array(out))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut out = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let Strict(value) = members.next_value()?;
            if out.insert(name, value).is_some() {
                return Err(A::Error::custom("duplicate member"));
            }
        }
        Ok(Value::Object(out))
    }
}

#[cfg(test)]
mod tests;
