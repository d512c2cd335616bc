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
mod tests {
    use super::*;

    fn check(json: &[u8], expected: Result<(), Error>) {
        let text = String::from_utf8_lossy(json);
        let found = object(json, Part::Header).map(|_| ());
        assert_eq!(found, expected, "{text}");
        let found = split(json, Part::Header, &["a", "x"]).map(|_| ());
        assert_eq!(found, expected, "{text}, split");
    }

    #[test]
    fn finds_duplicates_at_any_depth() {
        let duplicate = Err(Error::DuplicateMember(Part::Header));
        check(br#"{"a":{"a":1},"b":[{"a":2},{"a":3}]}"#, Ok(()));
        check(br#"{"a":1,"a":1}"#, duplicate);
        check(br#"{"a":1,"\u0061":1}"#, duplicate);
        check(br#"{"x":{"a":1,"a":1}}"#, duplicate);
        check(br#"{"x":[[{"a":1,"b":2,"a":1}]]}"#, duplicate);
    }

    #[test]
    fn known_members_are_put_aside() {
        let json = br#"{"a":1,"b":2,"\u0078":null,"s":"\u0074","t":"t"}"#;
        let (known, others) = split(json, Part::Header, &["x", "a", "y", "s", "t"]).unwrap();
        let expected = [
            Some(Value::Null),
            Some(1.into()),
            None,
            Some("t".into()),
            Some("t".into()),
        ];
        assert_eq!(known, expected.map(|value| value.map(Member::from)));
        assert_eq!(others, Map::from_iter([("b".to_owned(), 2.into())]));
    }

    #[test]
    fn takes_nothing_but_one_object_in_utf_8() {
        let utf_16: Vec<u8> = "{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let deep = [b"{\"a\":".as_slice(), &[b'['; 1000]].concat();
        for bad in [
            b"".as_slice(),
            b"[]",
            b"null",
            b"{}{}",
            b"{} x",
            b"{\"a\":1,}",
            b"{\"a\":NaN}",
            b"{\"a\":Infinity}",
            b"{\"a\":1e999}",
            b"{\"a\":01}",
            b"{\"a\":\"\\ud800\"}",
            b"{\"a\":\"\xff\"}",
            b"{\"a\":\"\n\"}",
            b"\xef\xbb\xbf{}",
            b"{/**/}",
            &utf_16,
            &deep,
        ] {
            check(bad, Err(Error::Json(Part::Header)));
        }
    }
}
