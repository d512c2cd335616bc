//! Parameters in `application/x-www-form-urlencoded`.

use std::borrow::Cow;
use std::fmt;

use grantor_jose::check::holds;
use serde_json::{Map, Value};

/// The parameters of a request or a redirect, as `application/x-www-form-urlencoded`.
///
/// RFC 6749 sections 3.1 and 3.2: a parameter without a value is absent, a repeated one is refused,
/// an unknown one is ignored. `resource` and `audience` alone may be repeated (RFC 8707
/// section 2, RFC 8693 section 2.1). Its `Debug` shows names only, since values may be secrets.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Params<'a> {
    pairs: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// Names that were given more than once, where that is borne for now.
    repeated: Vec<String>,
}

/// The reason why parameters can't be read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidParams {
    /// A parameter is given twice.
    Repeated(String),
    /// A name or a value is not UTF-8.
    NotUtf8,
    /// More than [`Params::MAX`] parameters.
    TooMany,
}

impl fmt::Display for InvalidParams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repeated(name) => write!(f, "\"{name}\" is given more than once"),
            Self::NotUtf8 => f.write_str("a parameter is not UTF-8"),
            Self::TooMany => write!(f, "more than {} parameters", Params::MAX),
        }
    }
}

impl std::error::Error for InvalidParams {}

impl<'a> Params<'a> {
    /// The most parameters that are read.
    pub const MAX: usize = 100;

    /// No parameters.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a form body or a query.
    ///
    /// # Errors
    /// A repeated parameter, bytes that are not UTF-8, or too many parameters.
    pub fn parse(form: &'a [u8]) -> Result<Self, InvalidParams> {
        let mut params = Self::parse_repeated(form)?;
        match holds("parameters.once", params.repeated.is_empty()) {
            true => Ok(params),
            false => Err(InvalidParams::Repeated(params.repeated.swap_remove(0))),
        }
    }

    /// Like [`parse`](Self::parse), for an endpoint that answers a repeated parameter later: the
    /// authorization endpoint, which says it to the client once it knows which that is. The first
    /// value counts; [`repeated`](Self::repeated) names the others.
    ///
    /// # Errors
    /// Bytes that are not UTF-8, or too many parameters.
    pub fn parse_repeated(form: &'a [u8]) -> Result<Self, InvalidParams> {
        let mut params = Self {
            pairs: Vec::with_capacity(8),
            repeated: Vec::new(),
        };
        let form = std::str::from_utf8(form).map_err(|_| InvalidParams::NotUtf8)?;
        let is_plain = !is_encoded(form.as_bytes());
        let mut count = 0;
        for pair in form.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if value.is_empty() {
                continue;
            }
            if count == Self::MAX {
                return Err(InvalidParams::TooMany);
            }
            count += 1;
            let (name, value) = match is_plain {
                true => (Cow::Borrowed(name), Cow::Borrowed(value)),
                false => decode_pair(name, value).ok_or(InvalidParams::NotUtf8)?,
            };
            if !may_repeat(&name) && params.get(&name).is_some() {
                params.note_repeated(&name);
            } else {
                params.pairs.push((name, value));
            }
        }
        Ok(params)
    }

    /// Names that were given more than once though they must not be, fit for a message.
    #[must_use]
    pub fn repeated(&self) -> &[String] {
        &self.repeated
    }

    /// Long names may look the same once they are cut, and one is enough then.
    fn note_repeated(&mut self, name: &str) {
        let name = printable(name);
        if !self.repeated.contains(&name) {
            self.repeated.push(name);
        }
    }

    /// The value of a parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// All values of a parameter that may be repeated.
    pub fn all<'s>(&'s self, name: &str) -> impl Iterator<Item = &'s str> {
        self.pairs
            .iter()
            .filter(move |(n, _)| n == name)
            .map(|(_, value)| &**value)
    }

    /// Names and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Adds a parameter; an empty value is left out.
    pub fn push(&mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) {
        let value = value.into();
        if !value.is_empty() {
            self.pairs.push((name.into(), value));
        }
    }

    /// Adds a parameter if it is there.
    pub fn push_some(&mut self, name: &'static str, value: Option<impl Into<Cow<'a, str>>>) {
        if let Some(value) = value {
            self.push(name, value);
        }
    }

    /// Returns it as a form body or a query.
    #[must_use]
    pub fn to_form(&self) -> String {
        let pairs = self.iter();
        let length = pairs
            .map(|(name, value)| name.len() + value.len() + 2)
            .sum();
        let mut form = form_urlencoded::Serializer::new(String::with_capacity(length));
        form.extend_pairs(self.iter());
        form.finish()
    }

    /// Its parameters as the claims of a JWT; those of `json` are read as JSON. One that is repeated is an
    /// array.
    pub(crate) fn to_claims(&self, json: &[&str]) -> Map<String, Value> {
        let mut claims = Map::new();
        for (name, text) in self.iter() {
            let value = match json.contains(&name) {
                true => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
                false => Value::from(text),
            };
            match claims.get_mut(name) {
                None => {
                    claims.insert(name.to_owned(), value);
                }
                Some(Value::Array(values)) => values.push(value),
                Some(first) => *first = Value::Array(vec![first.take(), value]),
            }
        }
        claims
    }

    /// With parameters of its own.
    #[must_use]
    pub fn into_owned(self) -> Params<'static> {
        let owned = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        let pairs = self.pairs.into_iter();
        Params {
            pairs: pairs.map(|(n, v)| (owned(n), owned(v))).collect(),
            repeated: self.repeated,
        }
    }
}

impl fmt::Debug for Params<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.pairs.iter().map(|(name, _)| name);
        f.debug_set().entries(names).finish()
    }
}

fn may_repeat(name: &str) -> bool {
    matches!(name, "resource" | "audience")
}

fn decode_pair<'p>(name: &'p str, value: &'p str) -> Option<(Cow<'p, str>, Cow<'p, str>)> {
    Some((
        form_decode(name.as_bytes())?,
        form_decode(value.as_bytes())?,
    ))
}

/// The text that a name or a value stands for; none if it is not UTF-8. Most stand for themselves.
pub(crate) fn form_decode(bytes: &[u8]) -> Option<Cow<'_, str>> {
    if !is_encoded(bytes) {
        return std::str::from_utf8(bytes).ok().map(Cow::Borrowed);
    }
    let with_spaces = |byte: &u8| if *byte == b'+' { b' ' } else { *byte };
    let spaced: Vec<u8> = bytes.iter().map(with_spaces).collect();
    let decoded = percent_encoding::percent_decode(&spaced).collect();
    String::from_utf8(decoded).ok().map(Cow::Owned)
}

/// Whether any byte stands for another. It looks at the whole of each block, without a way out in
/// between: that is a few wide instructions.
fn is_encoded(bytes: &[u8]) -> bool {
    let stands_for_another = |byte: &u8| (*byte == b'+') | (*byte == b'%');
    let (blocks, rest) = bytes.as_chunks::<16>();
    let in_block = |block: &[u8; 16]| {
        block
            .iter()
            .fold(false, |any, b| any | stands_for_another(b))
    };
    blocks.iter().any(in_block) || rest.iter().any(stands_for_another)
}

/// A name from outside, made fit for a message.
fn printable(name: &str) -> String {
    let plain = |c: &char| c.is_ascii_graphic() && !matches!(c, '"' | '\\');
    name.chars().filter(plain).take(40).collect()
}

#[cfg(test)]
mod tests;
