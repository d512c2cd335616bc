//! Scopes.

use std::collections::HashSet;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A set of scope values, in the order in which they were given (RFC 6749 section 3.3).
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Scope(String);

/// The reason why a scope can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidScope {
    /// It has a character that RFC 6749 section 3.3 does not allow.
    Character,
    /// It has more values than were allowed.
    TooMany {
        /// How many were allowed.
        most: usize,
    },
}

impl fmt::Display for InvalidScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Character => f.write_str("\"scope\" has a character that is not allowed"),
            Self::TooMany { most } => write!(f, "\"scope\" has more than {most} values"),
        }
    }
}

impl std::error::Error for InvalidScope {}

impl Scope {
    /// Reads values separated by single spaces; repeated values count once, more spaces are borne.
    ///
    /// # Errors
    /// A character outside `%x21 / %x23-5B / %x5D-7E`.
    pub fn parse(text: &str) -> Result<Self, InvalidScope> {
        Self::parse_at_most(text, usize::MAX)
    }

    /// Like [`parse`](Self::parse), of at most `most` values, repeated ones included: for a server,
    /// which anybody may send a scope.
    ///
    /// # Errors
    /// A character that is not allowed, or more values.
    pub fn parse_at_most(text: &str, most: usize) -> Result<Self, InvalidScope> {
        let allowed = |b: u8| matches!(b, b' ' | 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        if !text.bytes().all(allowed) {
            return Err(InvalidScope::Character);
        }
        // One value, which is most usual, is a set as it is.
        if !text.contains(' ') && most > 0 {
            return Ok(Self(text.to_owned()));
        }
        let values = text.split(' ').filter(|value| !value.is_empty());
        if values.clone().take(most.saturating_add(1)).count() > most {
            return Err(InvalidScope::TooMany { most });
        }
        Ok(Self::of(values))
    }

    /// The values, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split(' ').filter(|value| !value.is_empty())
    }

    /// The values with single spaces between, as on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether there is no value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns whether a value is in it.
    #[must_use]
    pub fn contains(&self, value: &str) -> bool {
        self.iter().any(|own| own == value)
    }

    /// Returns whether every value is also in `other`.
    #[must_use]
    pub fn is_subset(&self, other: &Self) -> bool {
        let others = other.lookup();
        self.iter().all(|value| others.contains(value))
    }

    /// Returns whether both have the same values, in whatever order.
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        self.is_subset(other) && other.is_subset(self)
    }

    /// The values that are in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let others = other.lookup();
        Self::of(self.iter().filter(|value| others.contains(value)))
    }

    /// The values of both.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self::of(self.iter().chain(other.iter()))
    }

    fn of<'a>(values: impl Iterator<Item = &'a str>) -> Self {
        let mut scope = Self::default();
        let mut seen = Lookup::default();
        for value in values {
            if seen.insert(value) {
                if !scope.0.is_empty() {
                    scope.0.push(' ');
                }
                scope.0.push_str(value);
            }
        }
        scope
    }

    fn lookup(&self) -> Lookup<'_> {
        let mut lookup = Lookup::default();
        for value in self.iter() {
            lookup.insert(value);
        }
        lookup
    }
}

/// Values to be found again: a list while they are few, which is faster, and a table beyond, so that
/// no scope takes time that grows faster than it.
#[derive(Default)]
struct Lookup<'a> {
    few: Vec<&'a str>,
    many: HashSet<&'a str>,
}

impl<'a> Lookup<'a> {
    const FEW: usize = 16;

    fn contains(&self, value: &str) -> bool {
        match self.many.is_empty() {
            true => self.few.contains(&value),
            false => self.many.contains(value),
        }
    }

    /// Returns whether it was not there yet.
    fn insert(&mut self, value: &'a str) -> bool {
        if self.many.is_empty() {
            if self.few.contains(&value) {
                return false;
            }
            if self.few.len() < Self::FEW {
                self.few.push(value);
                return true;
            }
            self.many.extend(self.few.drain(..));
        }
        self.many.insert(value)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for Scope {
    type Err = InvalidScope;

    fn from_str(text: &str) -> Result<Self, InvalidScope> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Scope {
    type Error = InvalidScope;

    fn try_from(text: String) -> Result<Self, InvalidScope> {
        Self::parse(&text)
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.0
    }
}

#[cfg(test)]
mod tests;
