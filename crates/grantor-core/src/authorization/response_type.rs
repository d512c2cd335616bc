//! The parameter `response_type`.

use std::fmt;

/// The values that the authorization endpoint returns, as a set: the order of the words does not
/// matter (RFC 6749 section 3.1.1, OAuth 2.0 Multiple Response Types).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResponseType {
    /// An authorization code.
    pub code: bool,
    /// An access token.
    pub token: bool,
    /// An ID token.
    pub id_token: bool,
    /// Nothing but that the user agreed.
    pub none: bool,
    /// Words that are not known here, in their order.
    pub other: Vec<String>,
}

impl ResponseType {
    /// A code alone.
    #[must_use]
    pub fn code() -> Self {
        Self {
            code: true,
            ..Self::default()
        }
    }

    /// Reads words separated by spaces.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut response_type = Self::default();
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            match word {
                "code" => response_type.code = true,
                "token" => response_type.token = true,
                "id_token" => response_type.id_token = true,
                "none" => response_type.none = true,
                other => response_type.other.push(other.to_owned()),
            }
        }
        response_type
    }

    /// Returns whether it is one of the combinations that are specified: any of `code`, `token` and
    /// `id_token`, or `none` alone.
    #[must_use]
    pub fn is_known(&self) -> bool {
        let some = self.code || self.token || self.id_token;
        self.other.is_empty() && some != self.none
    }

    /// Returns whether a token comes back from the authorization endpoint itself, which must not be
    /// in a query.
    #[must_use]
    pub fn has_token(&self) -> bool {
        self.token || self.id_token
    }
}

impl fmt::Display for ResponseType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The order in which the specifications write them.
        let known = [
            (self.none, "none"),
            (self.code, "code"),
            (self.id_token, "id_token"),
            (self.token, "token"),
        ];
        let known = known
            .iter()
            .filter(|(is_in, _)| *is_in)
            .map(|(_, name)| *name);
        let mut separator = "";
        for word in known.chain(self.other.iter().map(String::as_str)) {
            write!(f, "{separator}{word}")?;
            separator = " ";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_words_does_not_matter() {
        let hybrid = ResponseType::parse("token code id_token");
        assert_eq!(hybrid, ResponseType::parse("id_token  token code"));
        assert_eq!(hybrid.to_string(), "code id_token token");
        assert!(hybrid.is_known() && hybrid.has_token());
        assert_eq!(ResponseType::parse("code"), ResponseType::code());
    }

    #[test]
    fn none_is_known_alone_and_other_words_are_not() {
        assert!(ResponseType::parse("none").is_known());
        for unknown in ["", "none code", "code none", "device", "code device"] {
            assert!(!ResponseType::parse(unknown).is_known(), "{unknown}");
        }
    }
}
