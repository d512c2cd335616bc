//! Redirect URIs, and how they are compared (RFC 6749 section 3.1.2, RFC 8252 section 7).

use std::fmt;

use grantor_jose::check::holds;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::params::Params;

/// A redirect URI that a client registered, kept as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RedirectUri(String);

/// The reason why a text is not a redirect URI.
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
    /// `http` or `https` without `//` and a host behind it.
    NoHost,
    /// A host in another spelling than the normal one, such as `2130706433` or `0x7f.1` for
    /// `127.0.0.1`: a user who sees it can't tell where it leads.
    HostSpelling,
    /// A host with `*`: one that stands for many (RFC 9700 section 4.1.3).
    Wildcard,
    /// Its query has this parameter of authorization responses, which may occur once
    /// (RFC 6749 section 3.1).
    ResponseParameter(&'static str),
}

impl fmt::Display for InvalidRedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ResponseParameter(name) => {
                return write!(
                    f,
                    "a redirect URI has no \"{name}\" in its query: the response brings it"
                );
            }
            Self::NotAbsolute => "a redirect URI is an absolute URI",
            Self::Fragment => "a redirect URI has no fragment",
            Self::UserInfo => "a redirect URI has no user name",
            Self::Scheme => "a redirect URI has https, a loopback http, or a private-use scheme",
            Self::Insecure => "a redirect URI is https, or http on a loopback address",
            Self::NoHost => "a redirect URI of http or https has \"//\" and a host",
            Self::HostSpelling => {
                "a redirect URI has its host in the normal spelling, such as 127.0.0.1 or app.example"
            }
            Self::Wildcard => "a redirect URI is one address: its host has no \"*\"",
        })
    }
}

impl std::error::Error for InvalidRedirectUri {}

/// Schemes that a browser runs or shows by itself, or hands to a program that is nobody's client.
const FORBIDDEN: [&str; 20] = [
    "about",
    "blob",
    "data",
    "file",
    "filesystem",
    "ftp",
    "intent",
    "jar",
    "javascript",
    "mailto",
    "resource",
    "search",
    "search-ms",
    "sms",
    "tel",
    "urn",
    "vbscript",
    "view-source",
    "ws",
    "wss",
];

/// The parameters of authorization responses (RFC 6749 section 4.1.2, RFC 9207, OAuth 2.0 Multiple
/// Response Type Encoding Practices, JARM).
const RESPONSE_PARAMETERS: [&str; 13] = [
    "access_token",
    "code",
    "error",
    "error_description",
    "error_uri",
    "expires_in",
    "id_token",
    "iss",
    "response",
    "scope",
    "session_state",
    "state",
    "token_type",
];

impl RedirectUri {
    /// Reads a redirect URI for registration.
    ///
    /// # Errors
    /// Fails for the reasons that [`InvalidRedirectUri`] lists.
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
        let scheme = url.scheme();
        // Windows has many programs behind `ms-…`.
        let is_forbidden = FORBIDDEN.contains(&scheme) || scheme.starts_with("ms-");
        if !holds("redirect_uri.scheme", !is_forbidden) {
            return Err(InvalidRedirectUri::Scheme);
        }
        let rest = text.get(scheme.len()..).unwrap_or_default();
        let has_host = rest.starts_with("://") && !rest.starts_with(":///");
        if matches!(scheme, "http" | "https") && !has_host {
            return Err(InvalidRedirectUri::NoHost);
        }
        if url.host_str().is_some_and(|host| host.contains('*')) {
            return Err(InvalidRedirectUri::Wildcard);
        }
        if has_host && matches!(scheme, "http" | "https") && url.host_str() != Some(host(rest)) {
            return Err(InvalidRedirectUri::HostSpelling);
        }
        let mut names = url.query_pairs().map(|(name, _)| name);
        let reserved = names.find_map(|name| RESPONSE_PARAMETERS.iter().find(|own| **own == name));
        if let Some(name) = reserved {
            return Err(InvalidRedirectUri::ResponseParameter(name));
        }
        if url.scheme() == "http" && !crate::loopback::is_loopback(&url) {
            return Err(InvalidRedirectUri::Insecure);
        }
        Ok(Self(text.to_owned()))
    }

    /// The scheme, if it is a private one without a period. Another application may have it too, so a
    /// server takes only those that somebody named (RFC 8252 sections 7.1 and 8.4).
    #[must_use]
    pub fn scheme_without_period(&self) -> Option<&str> {
        let (scheme, _) = self.0.split_once(':')?;
        let is_web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
        (!is_web && !scheme.contains('.')).then_some(scheme)
    }

    /// The URI as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether a request may name this URI: the same text, byte for byte (RFC 9700 section
    /// 2.1). For a loopback address alone the port may be another (RFC 8252 section 7.3).
    #[must_use]
    pub fn matches(&self, requested: &str) -> bool {
        if holds("redirect_uri.exact", self.0 == requested) {
            return true;
        }
        match (loopback_parts(&self.0), loopback_parts(requested)) {
            (Some(own), Some(asked)) => holds("redirect_uri.loopback", own == asked),
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

/// The host as it is written, in what follows the scheme of an http or https URI without a user name.
fn host(rest: &str) -> &str {
    let authority = rest.trim_start_matches("://");
    let authority = authority.split(['/', '?']).next().unwrap_or_default();
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => host,
        _ => authority,
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
mod tests;
