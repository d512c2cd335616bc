use std::fmt;

use serde::{Deserialize, Serialize};

/// A set of scope values, in the order in which they were given (RFC 6749 section 3.3).
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Scope(String);

/// A scope has a character that RFC 6749 section 3.3 does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidScope;

impl fmt::Display for InvalidScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"scope\" has a character that is not allowed")
    }
}

impl std::error::Error for InvalidScope {}

impl Scope {
    /// Reads values separated by single spaces; repeated values count once, more spaces are borne.
    ///
    /// # Errors
    /// A character outside `%x21 / %x23-5B / %x5D-7E`.
    pub fn parse(text: &str) -> Result<Self, InvalidScope> {
        let allowed = |b: u8| matches!(b, b' ' | 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        if !text.bytes().all(allowed) {
            return Err(InvalidScope);
        }
        Ok(Self::of(text.split(' ')))
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

    /// Whether there is no value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a value is in it.
    #[must_use]
    pub fn contains(&self, value: &str) -> bool {
        self.iter().any(|own| own == value)
    }

    /// Whether every value is also in `other`.
    #[must_use]
    pub fn is_subset(&self, other: &Self) -> bool {
        self.iter().all(|value| other.contains(value))
    }

    /// Whether both have the same values, in whatever order.
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        self.is_subset(other) && other.is_subset(self)
    }

    /// The values that are in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self::of(self.iter().filter(|value| other.contains(value)))
    }

    /// The values of both.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self::of(self.iter().chain(other.iter()))
    }

    fn of<'a>(values: impl Iterator<Item = &'a str>) -> Self {
        let mut scope = Self::default();
        for value in values.filter(|value| !value.is_empty()) {
            if !scope.contains(value) {
                if !scope.0.is_empty() {
                    scope.0.push(' ');
                }
                scope.0.push_str(value);
            }
        }
        scope
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
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn scope(text: &str) -> Scope {
        Scope::parse(text).unwrap()
    }

    #[test]
    fn keeps_order_and_drops_repeats() {
        assert_eq!(scope("b a  b").as_str(), "b a");
        assert_eq!(scope("").iter().count(), 0);
    }

    #[test]
    fn rejects_other_characters() {
        for bad in ["a\"b", "a\\b", "a\tb", "ä", "a\nb"] {
            assert_eq!(Scope::parse(bad), Err(InvalidScope), "{bad:?}");
        }
    }

    #[test]
    fn is_a_set() {
        assert!(scope("a").is_subset(&scope("b a")));
        assert!(!scope("a c").is_subset(&scope("b a")));
        assert!(scope("a b").same_as(&scope("b a")));
        assert_eq!(scope("a b").intersection(&scope("c b")), scope("b"));
        assert_eq!(scope("a b").union(&scope("c b")), scope("a b c"));
        assert!(!scope("read").contains("rea"));
    }

    proptest! {
        #[test]
        fn round_trips(text in "[ !#-\\[\\]-~]{0,40}") {
            let once = Scope::parse(&text).unwrap();
            prop_assert_eq!(Scope::parse(once.as_str()).unwrap(), once);
        }
    }
}
