//! A token that was read once: it fits a header, and its type is known.

use std::fmt;
use std::sync::Arc;

use grantor_core::{Scope, Secret};
use http::HeaderValue;
use serde_json::{Map, Value};

use super::dpop_key::DpopKey;

/// How a token is used (RFC 6749 section 7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenType {
    /// RFC 6750.
    Bearer,
    /// It is bound to a key (RFC 9449).
    Dpop,
    /// It is no access token, and no request carries it (RFC 8693 section 2.2.1).
    NotApplicable,
}

impl TokenType {
    /// Reads the `token_type` of an answer; none, if no scheme here carries such a token.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.eq_ignore_ascii_case("bearer") {
            return Some(Self::Bearer);
        }
        if text.eq_ignore_ascii_case("dpop") {
            return Some(Self::Dpop);
        }
        text.eq_ignore_ascii_case("N_A")
            .then_some(Self::NotApplicable)
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Bearer => "Bearer",
            Self::Dpop => "DPoP",
            Self::NotApplicable => "N_A",
        }
    }

    /// The word before a token in the header `Authorization` (RFC 6750 section 2.1, RFC 9449
    /// section 7.1).
    fn prefix(self) -> &'static str {
        match self {
            Self::Dpop => "DPoP ",
            Self::Bearer | Self::NotApplicable => "Bearer ",
        }
    }
}

/// The members of a token response that have no field of their own.
pub(crate) type Extra = Option<Arc<Map<String, Value>>>;

/// A token, ready to be sent, and what the server said of it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Credential {
    /// The value of the header `Authorization`.
    pub(crate) header: HeaderValue,
    pub(crate) token_type: TokenType,
    /// The key that it is bound to.
    pub(crate) key: Option<DpopKey>,
    pub(crate) scope: Option<Scope>,
    pub(crate) extra: Extra,
}

/// The token has a character that no header can carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UnfitForHeader;

impl Credential {
    /// The ID token that came with it, or before it in the same login.
    pub(crate) fn id_token(&self) -> Option<&str> {
        self.extra.as_ref()?.get("id_token")?.as_str()
    }

    pub(crate) fn new(token_type: TokenType, token: &Secret) -> Result<Self, UnfitForHeader> {
        let header = HeaderValue::try_from(format!("{}{}", token_type.prefix(), token.expose()));
        let mut header = header.map_err(|_| UnfitForHeader)?;
        header.set_sensitive(true);
        Ok(Self {
            header,
            token_type,
            key: None,
            scope: None,
            extra: None,
        })
    }

    pub(crate) fn with_key(mut self, key: Option<DpopKey>) -> Self {
        self.key = key.filter(|_| self.token_type == TokenType::Dpop);
        self
    }

    pub(crate) fn with_scope(mut self, scope: Option<Scope>) -> Self {
        self.scope = scope;
        self
    }

    pub(crate) fn with_extra(mut self, extra: Map<String, Value>) -> Self {
        self.extra = (!extra.is_empty()).then(|| Arc::new(extra));
        self
    }

    /// The token itself, which only the header keeps.
    pub(crate) fn secret(&self) -> Secret {
        let prefix = self.token_type.prefix().as_bytes();
        let token = self.header.as_bytes().strip_prefix(prefix);
        Secret::new(String::from_utf8_lossy(token.unwrap_or_default()))
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("token_type", &self.token_type)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_read_in_any_case_and_an_unknown_one_is_none() {
        for (text, expected) in [
            ("Bearer", Some(TokenType::Bearer)),
            ("bearer", Some(TokenType::Bearer)),
            ("N_A", Some(TokenType::NotApplicable)),
            ("n_a", Some(TokenType::NotApplicable)),
            ("DPoP", Some(TokenType::Dpop)),
            ("dpop", Some(TokenType::Dpop)),
            ("mac", None),
            ("", None),
        ] {
            assert_eq!(TokenType::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn what_no_header_can_carry_is_no_credential() {
        for token in ["a\nb", "a\0"] {
            let token = Secret::from(token);
            assert_eq!(
                Credential::new(TokenType::Bearer, &token),
                Err(UnfitForHeader)
            );
        }
        let credential = Credential::new(TokenType::Bearer, &Secret::from("t")).unwrap();
        assert_eq!(credential.header, "Bearer t");
        assert!(credential.header.is_sensitive());
        assert_eq!(credential.secret().expose(), "t");
        let bound = Credential::new(TokenType::Dpop, &Secret::from("t")).unwrap();
        assert_eq!(
            (bound.secret().expose(), bound.header),
            ("t", HeaderValue::from_static("DPoP t"))
        );
    }
}
