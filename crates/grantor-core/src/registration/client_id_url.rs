//! Client identifiers that are the URL of a metadata document.

use std::fmt;

use url::Url;

use crate::loopback::is_loopback;

/// A client identifier that is the URL of its metadata document, in the one way in which it is
/// written (draft-ietf-oauth-client-id-metadata-document section 3).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ClientIdUrl(Url);

/// The reason why a text is not the URL of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidClientIdUrl {
    /// It is no URL, or it could be written in another way: with an upper-case host, the port of
    /// https, dot segments, or characters that a URL escapes.
    NotCanonical,
    /// It is not https.
    NotHttps,
    /// It has a user name or a password.
    UserInfo,
    /// It has a fragment.
    Fragment,
    /// It is over 512 bytes.
    TooLong,
}

impl fmt::Display for InvalidClientIdUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotCanonical => {
                "a client identifier that is a URL has a path, a host in lower case, no default port and \
                 no dot segments"
            }
            Self::NotHttps => "a client identifier that is a URL is https",
            Self::UserInfo => "a client identifier that is a URL has no user name",
            Self::Fragment => "a client identifier that is a URL has no fragment",
            Self::TooLong => "a client identifier that is a URL has at most 512 bytes",
        })
    }
}

impl std::error::Error for InvalidClientIdUrl {}

const MAX_LENGTH: usize = 512;

impl ClientIdUrl {
    /// Whether a client identifier looks like a URL, so that it is to be held to the rules of one.
    #[must_use]
    pub fn is_meant_by(client_id: &str) -> bool {
        ["https://", "http://"].iter().any(|scheme| {
            let start = client_id.get(..scheme.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(scheme))
        })
    }

    /// Reads a client identifier that is a URL.
    ///
    /// # Errors
    /// The fault, as [`InvalidClientIdUrl`] lists them.
    pub fn parse(text: &str) -> Result<Self, InvalidClientIdUrl> {
        Self::read(text, |url| url.scheme() == "https")
    }

    /// As [`parse`](Self::parse), and http on a loopback address, for tests.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn danger_parse_with_loopback(text: &str) -> Result<Self, InvalidClientIdUrl> {
        Self::read(text, |url| {
            url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url))
        })
    }

    fn read(text: &str, is_secure: impl Fn(&Url) -> bool) -> Result<Self, InvalidClientIdUrl> {
        if text.len() > MAX_LENGTH {
            return Err(InvalidClientIdUrl::TooLong);
        }
        let url = Url::parse(text).map_err(|_| InvalidClientIdUrl::NotCanonical)?;
        if !is_secure(&url) {
            return Err(InvalidClientIdUrl::NotHttps);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidClientIdUrl::UserInfo);
        }
        if url.fragment().is_some() {
            return Err(InvalidClientIdUrl::Fragment);
        }
        // The parser removes dot segments, and adds the path that is missing.
        if url.as_str() != text || url.host_str().is_none() {
            return Err(InvalidClientIdUrl::NotCanonical);
        }
        Ok(Self(url))
    }

    /// As a URL.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// The identifier.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The host, which is all that a user can judge of it. International names are in the form of
    /// DNS, in which no letter looks like another.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_url_is_written_in_one_way() {
        for text in [
            "https://app.example/client.json",
            "https://app.example:8443/a/b?x=1",
            "https://app.example/",
            "https://[2606:4700::1]/c",
        ] {
            assert_eq!(ClientIdUrl::parse(text).unwrap().as_str(), text);
        }
        use InvalidClientIdUrl::*;
        for (text, why) in [
            ("", NotCanonical),
            ("app", NotCanonical),
            ("https://", NotCanonical),
            ("https://app.example", NotCanonical),
            ("HTTPS://app.example/c", NotCanonical),
            ("https://APP.example/c", NotCanonical),
            ("https://app.example:443/c", NotCanonical),
            ("https://app.example/a/../c", NotCanonical),
            ("https://app.example/./c", NotCanonical),
            ("https://app.example/%2e%2e/c", NotCanonical),
            ("https://app.example\\c", NotCanonical),
            ("https:app.example/c", NotCanonical),
            ("https://app.example/c d", NotCanonical),
            ("https://b\u{fc}cher.example/c", NotCanonical),
            ("https://127.1/c", NotCanonical),
            ("https://user@app.example/c", UserInfo),
            ("https://:x@app.example/c", UserInfo),
            ("https://app.example/c#f", Fragment),
            ("https://app.example/c#", Fragment),
            ("http://app.example/c", NotHttps),
            ("http://127.0.0.1/c", NotHttps),
            ("ftp://app.example/c", NotHttps),
        ] {
            assert_eq!(ClientIdUrl::parse(text), Err(why), "{text}");
        }
        let long = format!("https://app.example/{}", "x".repeat(MAX_LENGTH));
        assert_eq!(ClientIdUrl::parse(&long), Err(TooLong));
    }

    #[test]
    fn plain_http_is_for_this_machine_and_for_tests() {
        assert!(ClientIdUrl::danger_parse_with_loopback("http://127.0.0.1:9/c").is_ok());
        assert!(ClientIdUrl::danger_parse_with_loopback("http://app.example/c").is_err());
    }

    #[test]
    fn an_identifier_that_looks_like_a_url_is_meant_as_one() {
        for text in ["https://a", "HTTPS://a", "http://a"] {
            assert!(ClientIdUrl::is_meant_by(text), "{text}");
        }
        for text in ["app", "https", "https:/a", "urn:a", "é"] {
            assert!(!ClientIdUrl::is_meant_by(text), "{text}");
        }
    }

    #[test]
    fn the_host_of_an_international_name_is_in_ascii() {
        let url = ClientIdUrl::parse("https://xn--pple-43d.example/c").unwrap();
        assert_eq!(url.host(), "xn--pple-43d.example");
    }
}
