//! Identifiers of authorization servers (RFC 8414 section 2).

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::loopback::LocalhostNames;

/// An authorization server's identifier (RFC 8414 section 2), kept as it was written: it is compared
/// byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Issuer {
    text: String,
    url: Url,
}

/// The reason why a text is not an issuer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidIssuer {
    /// Not an absolute http or https URL with a host.
    NotAUrl,
    /// Plain http, and not to this machine.
    Insecure,
    /// A query, a fragment, or a user name in it.
    Parts,
}

impl fmt::Display for InvalidIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAUrl => "an issuer is an absolute https URL",
            Self::Insecure => "an issuer is https, or http on a loopback address",
            Self::Parts => "an issuer has no query, no fragment and no user name",
        })
    }
}

impl std::error::Error for InvalidIssuer {}

impl Issuer {
    /// Reads an issuer: https, or http on a loopback address.
    ///
    /// # Errors
    /// Fails for the reasons that [`InvalidIssuer`] lists.
    pub fn parse(text: &str) -> Result<Self, InvalidIssuer> {
        Self::parse_with(text, LocalhostNames::ByDns)
    }

    /// Like [`parse`](Self::parse), for a client that may resolve names below `localhost` itself:
    /// http to them is then taken too.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn parse_with(text: &str, names: LocalhostNames) -> Result<Self, InvalidIssuer> {
        let url = Url::parse(text).map_err(|_| InvalidIssuer::NotAUrl)?;
        // The parser also takes one slash, backslashes and white space, which others would not.
        let plain = text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
        if !plain
            || !text.contains("://")
            || !url.has_host()
            || !matches!(url.scheme(), "http" | "https")
        {
            return Err(InvalidIssuer::NotAUrl);
        }
        if url.query().is_some()
            || url.fragment().is_some()
            || !url.username().is_empty()
            || url.password().is_some()
        {
            return Err(InvalidIssuer::Parts);
        }
        if !names.is_secure(&url) {
            return Err(InvalidIssuer::Insecure);
        }
        Ok(Self {
            text: text.to_owned(),
            url,
        })
    }

    /// The issuer as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The issuer as a URL.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The path of the issuer without a slash at its end; empty for most.
    #[must_use]
    pub fn path(&self) -> &str {
        self.url.path().trim_end_matches('/')
    }

    /// A URL below the issuer; `path` begins with a slash.
    #[must_use]
    pub fn join(&self, path: &str) -> Url {
        let mut url = self.url.clone();
        url.set_path(&format!("{}{path}", self.path()));
        url
    }

    /// Where its metadata may be: RFC 8414 section 3.1 puts the well-known part before the path of
    /// the issuer, OpenID Connect Discovery section 4 behind it.
    #[must_use]
    pub fn metadata_urls(&self) -> [Url; 2] {
        let mut oauth = self.url.clone();
        oauth.set_path(&format!(
            "/.well-known/oauth-authorization-server{}",
            self.path()
        ));
        [oauth, self.join("/.well-known/openid-configuration")]
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::str::FromStr for Issuer {
    type Err = InvalidIssuer;

    fn from_str(text: &str) -> Result<Self, InvalidIssuer> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Issuer {
    type Error = InvalidIssuer;

    fn try_from(text: String) -> Result<Self, InvalidIssuer> {
        Self::parse(&text)
    }
}

impl From<Issuer> for String {
    fn from(issuer: Issuer) -> Self {
        issuer.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_known_locations_of_an_issuer_with_a_path() {
        // RFC 8414 section 3.1 and 5.
        let issuer = Issuer::parse("https://example.com/issuer1").unwrap();
        let [oauth, openid] = issuer.metadata_urls();
        assert_eq!(
            oauth.as_str(),
            "https://example.com/.well-known/oauth-authorization-server/issuer1"
        );
        assert_eq!(
            openid.as_str(),
            "https://example.com/issuer1/.well-known/openid-configuration"
        );
    }

    #[test]
    fn well_known_locations_of_an_issuer_without_a_path() {
        for text in ["https://example.com", "https://example.com/"] {
            let [oauth, openid] = Issuer::parse(text).unwrap().metadata_urls();
            assert_eq!(
                oauth.as_str(),
                "https://example.com/.well-known/oauth-authorization-server"
            );
            assert_eq!(
                openid.as_str(),
                "https://example.com/.well-known/openid-configuration"
            );
        }
    }

    #[test]
    fn is_compared_as_it_was_written() {
        let (a, b) = ("https://example.com", "https://example.com/");
        assert_ne!(Issuer::parse(a).unwrap(), Issuer::parse(b).unwrap());
        assert_eq!(Issuer::parse(a).unwrap().as_str(), a);
    }

    #[test]
    fn rejects_what_is_not_an_issuer() {
        for (text, why) in [
            ("", InvalidIssuer::NotAUrl),
            ("/path", InvalidIssuer::NotAUrl),
            ("https:/example.com", InvalidIssuer::NotAUrl),
            ("https:\\\\example.com", InvalidIssuer::NotAUrl),
            (" https://example.com", InvalidIssuer::NotAUrl),
            ("ftp://example.com", InvalidIssuer::NotAUrl),
            ("http://example.com", InvalidIssuer::Insecure),
            ("http://localhost.example.com", InvalidIssuer::Insecure),
            ("https://example.com?x", InvalidIssuer::Parts),
            ("https://example.com#x", InvalidIssuer::Parts),
            ("https://me@example.com", InvalidIssuer::Parts),
        ] {
            assert_eq!(Issuer::parse(text), Err(why), "{text}");
        }
        let below_localhost = "http://auth.localhost:8080";
        let refused = Issuer::parse(below_localhost);
        assert_eq!(refused, Err(InvalidIssuer::Insecure));
        let taken = Issuer::parse_with(below_localhost, LocalhostNames::Loopback).unwrap();
        assert_eq!(taken.as_str(), below_localhost);
        assert!(Issuer::parse("http://127.0.0.1:8787").is_ok());
        assert!(Issuer::parse("http://[::1]:8787").is_ok());
    }
}
