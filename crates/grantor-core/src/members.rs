//! Members of the JSON objects that servers publish and answer.
//!
//! A value is read where it can mean one thing only: the empty string and null are an absent
//! member, a number may have a fraction or be a string, one text may be a list of one. Anything
//! else is an error that names the member.

#[cfg(feature = "exchange")]
mod answer;

use std::fmt;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use url::Url;

/// A member of a JSON object has a value that it can't have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidMember {
    /// The name of the member.
    pub name: &'static str,
    /// The kind of value that the member must have.
    pub expected: &'static str,
}

impl fmt::Display for InvalidMember {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\" is not {}", self.name, self.expected)
    }
}

impl std::error::Error for InvalidMember {}

/// The members that nobody has read yet.
pub(crate) struct Members(pub(crate) Map<String, Value>);

impl Members {
    /// Reads a document; none if it is no JSON object, or if a member occurs twice: readers differ in
    /// which one they take.
    pub(crate) fn parse(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(without_bom(json)).ok()
    }

    /// A member that is there, and neither null nor empty.
    fn take(&mut self, name: &str) -> Option<Value> {
        let value = self.0.remove(name)?;
        (!value.is_null() && value.as_str() != Some("")).then_some(value)
    }

    fn read<T>(
        &mut self,
        name: &'static str,
        expected: &'static str,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Result<Option<T>, InvalidMember> {
        let Some(value) = self.take(name) else {
            return Ok(None);
        };
        let invalid = InvalidMember { name, expected };
        read(&value).ok_or(invalid).map(Some)
    }

    pub(crate) fn text(&mut self, name: &'static str) -> Result<Option<String>, InvalidMember> {
        self.read(name, "a text", |value| value.as_str().map(str::to_owned))
    }

    pub(crate) fn url(&mut self, name: &'static str) -> Result<Option<Url>, InvalidMember> {
        self.read(name, "an absolute URL", |value| {
            Url::parse(value.as_str()?.trim()).ok()
        })
    }

    pub(crate) fn texts(&mut self, name: &'static str) -> Result<Vec<String>, InvalidMember> {
        let texts = self.read(name, "a list of texts", |value| match value {
            Value::String(text) => Some(vec![text.clone()]),
            Value::Array(texts) => {
                let texts = texts.iter().map(|text| text.as_str().map(str::to_owned));
                texts.collect()
            }
            _ => None,
        })?;
        Ok(texts.unwrap_or_default())
    }

    /// A list of texts that is a list also with one text in it, where somebody writes it for this side
    /// to read.
    pub(crate) fn list(&mut self, name: &'static str) -> Result<Vec<String>, InvalidMember> {
        match self.0.get(name) {
            Some(Value::String(_)) => Err(InvalidMember {
                name,
                expected: "a list of texts",
            }),
            _ => self.texts(name),
        }
    }

    pub(crate) fn flag(&mut self, name: &'static str) -> Result<Option<bool>, InvalidMember> {
        self.read(name, "true or false", Value::as_bool)
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EachOnce)
    }
}

struct EachOnce;

impl<'de> Visitor<'de> for EachOnce {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Members, A::Error> {
        let mut members = Map::new();
        while let Some((name, value)) = entries.next_entry::<String, Value>()? {
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a member occurs twice"));
            }
        }
        Ok(Members(members))
    }
}

/// RFC 8259 section 8.1: parsers may ignore a byte order mark, and some servers send one.
pub(crate) fn without_bom(json: &[u8]) -> &[u8] {
    json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(value: &str) -> Members {
        Members::parse(format!("\u{feff}{{\"m\":{value}}}").as_bytes()).unwrap()
    }

    #[test]
    fn null_and_the_empty_string_are_absent() {
        for value in ["null", "\"\""] {
            assert_eq!(members(value).text("m"), Ok(None));
            assert_eq!(members(value).identifier("m"), Ok(None));
            assert_eq!(members(value).url("m"), Ok(None));
            assert_eq!(members(value).texts("m"), Ok(vec![]));
            assert_eq!(members(value).flag("m"), Ok(None));
            assert_eq!(members(value).time("m"), Ok(None));
        }
    }

    #[test]
    fn times_are_read_in_all_forms_of_a_number() {
        for value in [
            "1900000000",
            "1.9e9",
            "1900000000.7",
            "\"1900000000\"",
            "\"1.9e9\"",
        ] {
            assert_eq!(members(value).time("m"), Ok(Some(1_900_000_000)), "{value}");
        }
        for value in [
            "\"2030-01-01T00:00:00Z\"",
            "1e300",
            "\"inf\"",
            "\"NaN\"",
            "true",
            "[1]",
        ] {
            let error = members(value).time("m").unwrap_err();
            let text = "\"m\" is not a number of seconds since 1970";
            assert_eq!(error.to_string(), text, "{value}");
        }
    }

    #[test]
    fn a_member_that_occurs_twice_is_refused() {
        assert!(Members::parse(br#"{"a":1,"b":{"a":1}}"#).is_some());
        assert!(Members::parse(br#"{"a":1,"a":1}"#).is_none());
        assert!(Members::parse(br#"{"a":1,"\u0061":1}"#).is_none());
    }

    #[test]
    fn an_identifier_may_be_a_whole_number() {
        assert_eq!(members("17").identifier("m"), Ok(Some("17".into())));
        assert!(members("1.7").identifier("m").is_err());
        assert!(members("17").text("m").is_err());
    }

    #[test]
    fn one_text_is_a_list_of_one() {
        assert_eq!(members("\"a\"").texts("m"), Ok(vec!["a".to_owned()]));
        assert!(members("[\"a\",1]").texts("m").is_err());
    }

    #[test]
    fn one_text_is_no_list_where_a_list_is_asked_for() {
        assert_eq!(members("[\"a\"]").list("m"), Ok(vec!["a".to_owned()]));
        assert_eq!(members("null").list("m"), Ok(vec![]));
        for text in ["\"a\"", "\"\"", "{}", "[1]"] {
            assert!(members(text).list("m").is_err(), "{text}");
        }
    }

    #[test]
    fn a_url_is_absolute() {
        assert!(members("\"https://a.example\"").url("m").is_ok());
        assert!(members("\"/token\"").url("m").is_err());
    }
}
