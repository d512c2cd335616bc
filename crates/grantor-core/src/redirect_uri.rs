//! Redirect URIs, and how they are compared (RFC 6749 section 3.1.2, RFC 8252 section 7).

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::params::Params;

/// A redirect URI that a client registered, kept as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RedirectUri(String);

/// Why a text is not a redirect URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidRedirectUri {
    /// Not an absolute URI, or with characters that no URI has.
    NotAbsolute,
    /// It has a fragment (RFC 6749 section 3.1.2).
    Fragment,
    /// It has a user name.
    UserInfo,
    /// A scheme that runs or shows something instead of calling the client's application.
    Scheme,
    /// Plain http to another machine.
    Insecure,
}

impl fmt::Display for InvalidRedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAbsolute => "a redirect URI is an absolute URI",
            Self::Fragment => "a redirect URI has no fragment",
            Self::UserInfo => "a redirect URI has no user name",
            Self::Scheme => "a redirect URI has https, a loopback http, or a private-use scheme",
            Self::Insecure => "a redirect URI is https, or http on a loopback address",
        })
    }
}

impl std::error::Error for InvalidRedirectUri {}

/// Schemes that a browser runs or shows by itself, or hands to a program that is nobody's client.
const FORBIDDEN: [&str; 16] = [
    "about",
    "blob",
    "data",
    "file",
    "filesystem",
    "ftp",
    "intent",
    "javascript",
    "mailto",
    "resource",
    "sms",
    "tel",
    "vbscript",
    "view-source",
    "ws",
    "wss",
];

impl RedirectUri {
    /// Reads a redirect URI for registration.
    ///
    /// # Errors
    /// What [`InvalidRedirectUri`] lists.
    pub fn parse(text: &str) -> Result<Self, InvalidRedirectUri> {
        let plain = |b: u8| b.is_ascii_graphic() && !matches!(b, b'\\' | b'"' | b'<' | b'>');
        if !text.bytes().all(plain) {
            return Err(InvalidRedirectUri::NotAbsolute);
        }
        let url = Url::parse(text).map_err(|_| InvalidRedirectUri::NotAbsolute)?;
        if url.fragment().is_some() {
            return Err(InvalidRedirectUri::Fragment);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidRedirectUri::UserInfo);
        }
        if FORBIDDEN.contains(&url.scheme()) {
            return Err(InvalidRedirectUri::Scheme);
        }
        if url.scheme() == "http" && !crate::issuer::is_loopback(&url) {
            return Err(InvalidRedirectUri::Insecure);
        }
        Ok(Self(text.to_owned()))
    }

    /// The URI as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a request may name this URI: the same text, byte for byte (RFC 9700 section 2.1). For
    /// a loopback address alone the port may be another (RFC 8252 section 7.3).
    #[must_use]
    pub fn matches(&self, requested: &str) -> bool {
        if self.0 == requested {
            return true;
        }
        match (loopback_parts(&self.0), loopback_parts(requested)) {
            (Some(own), Some(asked)) => own == asked,
            _ => false,
        }
    }

    /// The URI with parameters added to its query (RFC 6749 section 4.1.2).
    #[must_use]
    pub fn with_query(uri: &str, params: &Params<'_>) -> String {
        let separator = match uri.split_once('?') {
            None => "?",
            Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
            Some(_) => "&",
        };
        format!("{uri}{separator}{}", params.to_form())
    }
}

impl fmt::Display for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for RedirectUri {
    type Err = InvalidRedirectUri;

    fn from_str(text: &str) -> Result<Self, InvalidRedirectUri> {
        Self::parse(text)
    }
}

impl TryFrom<String> for RedirectUri {
    type Error = InvalidRedirectUri;

    fn try_from(text: String) -> Result<Self, InvalidRedirectUri> {
        Self::parse(&text)
    }
}

impl From<RedirectUri> for String {
    fn from(uri: RedirectUri) -> Self {
        uri.0
    }
}

/// Host, and what follows the port, of an http URI on a loopback address; by text, not by a parser
/// that would make different texts equal.
fn loopback_parts(uri: &str) -> Option<(&str, &str)> {
    let rest = uri.strip_prefix("http://")?;
    for host in ["127.0.0.1", "[::1]", "localhost"] {
        let Some(rest) = rest.strip_prefix(host) else {
            continue;
        };
        let Some(port_on) = rest.strip_prefix(':') else {
            return rest.starts_with(['/', '?']).then_some((host, rest));
        };
        let digits = port_on.bytes().take_while(u8::is_ascii_digit).count();
        let (port, rest) = port_on.split_at(digits);
        let valid = port.parse::<u16>().is_ok() && rest.starts_with(['/', '?']);
        return valid.then_some((host, rest));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejects_what_no_client_may_register() {
        for (text, why) in [
            ("", InvalidRedirectUri::NotAbsolute),
            ("/cb", InvalidRedirectUri::NotAbsolute),
            ("https://a.example/c b", InvalidRedirectUri::NotAbsolute),
            ("https:\\\\a.example", InvalidRedirectUri::NotAbsolute),
            ("https://a.example/cb#x", InvalidRedirectUri::Fragment),
            ("https://u@a.example/cb", InvalidRedirectUri::UserInfo),
            ("javascript:alert(1)", InvalidRedirectUri::Scheme),
            ("data:text/html,x", InvalidRedirectUri::Scheme),
            ("mailto:a@a.example", InvalidRedirectUri::Scheme),
            ("intent:cb", InvalidRedirectUri::Scheme),
            ("wss://a.example/cb", InvalidRedirectUri::Scheme),
            ("http://a.example/cb", InvalidRedirectUri::Insecure),
        ] {
            assert_eq!(RedirectUri::parse(text), Err(why), "{text}");
        }
    }

    #[test]
    fn parameters_join_a_query_that_is_there() {
        let mut params = Params::new();
        params.push("code", "a b");
        let with = |uri| RedirectUri::with_query(uri, &params);
        assert_eq!(
            with("https://a.example/cb"),
            "https://a.example/cb?code=a+b"
        );
        assert_eq!(
            with("https://a.example/cb?x=1"),
            "https://a.example/cb?x=1&code=a+b"
        );
        assert_eq!(
            with("https://a.example/cb?"),
            "https://a.example/cb?code=a+b"
        );
    }
}
