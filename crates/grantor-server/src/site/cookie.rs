//! Cookies: read as bytes, since a sibling domain may set any; set so that scripts can't read them
//! and other sites can't send them with a form.

use std::time::Duration;

use grantor_core::Issuer;
use grantor_jose::base64url;
use grantor_jose::check::is_off;
use grantor_jose::digest::sha256;
use http::{HeaderMap, HeaderValue, header};

use super::SiteError;

/// A cookie of one issuer. Its name has a tag of the issuer in it, since several issuers may share a
/// host; behind https it has the prefix `__Host-`, so that no sibling domain can set it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cookie {
    name: String,
    secure: bool,
}

impl Cookie {
    /// The cookie of `issuer` for a purpose such as `session`: letters of ASCII, digits and `_`, which
    /// become part of its name.
    ///
    /// ```
    /// use grantor_core::Issuer;
    /// use grantor_server::Cookie;
    ///
    /// let issuer = Issuer::parse("https://id.example.com").unwrap();
    /// let session = Cookie::new("session", &issuer);
    /// assert!(session.name().starts_with("__Host-grantor_session_"));
    /// ```
    #[must_use]
    pub fn new(purpose: &str, issuer: &Issuer) -> Self {
        let mut tag = base64url::encode(sha256(issuer.as_str().as_bytes()));
        tag.truncate(8);
        let secure = issuer.url().scheme() == "https";
        let prefix = if secure { "__Host-" } else { "" };
        Self {
            name: format!("{prefix}grantor_{purpose}_{tag}"),
            secure,
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its value in a request.
    #[must_use]
    pub fn read<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        read(headers, &self.name)
    }

    /// The header `Set-Cookie` that sets it: for every path of the host, hidden from scripts, not sent
    /// with forms of other sites, and only over https if the issuer has https. It ends with the
    /// browser's session, unless it is given an age.
    ///
    /// # Errors
    /// The value or the purpose has a character that a cookie can't have (RFC 6265 section 4.1.1).
    pub fn set(&self, value: &str, age: Option<Duration>) -> Result<HeaderValue, SiteError> {
        let is_octet = |byte: u8| byte.is_ascii_graphic() && !br#"",;\"#.contains(&byte);
        if !value.bytes().all(is_octet) {
            return Err(SiteError::new("a cookie can't have this value"));
        }
        let mut text = format!("{}={value}; Path=/", self.name);
        if !is_off("cookie.attributes") {
            text.push_str("; HttpOnly; SameSite=Lax");
        }
        if self.secure {
            text.push_str("; Secure");
        }
        if let Some(age) = age {
            text.push_str(&format!("; Max-Age={}", age.as_secs()));
        }
        let mut header = HeaderValue::try_from(text).map_err(SiteError::new)?;
        header.set_sensitive(true);
        Ok(header)
    }

    /// The header `Set-Cookie` that removes it from the browser.
    ///
    /// # Errors
    /// The purpose has a character that a cookie can't have.
    pub fn remove(&self) -> Result<HeaderValue, SiteError> {
        self.set("", Some(Duration::ZERO))
    }
}

/// A cookie of a request. Of two with one name the first counts, which is the one with the longer
/// path.
pub(super) fn read<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let values = headers.get_all(header::COOKIE).iter();
    let mut pairs = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b';'));
    pairs.find_map(|pair| {
        let value = pair.trim_ascii().strip_prefix(name.as_bytes())?;
        std::str::from_utf8(value.strip_prefix(b"=")?).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookie(issuer: &str) -> Cookie {
        Cookie::new("session", &Issuer::parse(issuer).unwrap())
    }

    #[test]
    fn bytes_of_other_cookies_do_not_matter() {
        let mut headers = HeaderMap::new();
        let theirs = "theme=d\u{fc}nkel".as_bytes();
        let both = [theirs, b"; own=1; other=2"].concat();
        headers.append(header::COOKIE, HeaderValue::from_bytes(&both).unwrap());
        let latin = b"x=\xfc;  late=3".as_slice();
        headers.append(header::COOKIE, HeaderValue::from_bytes(latin).unwrap());
        for (name, value) in [
            ("own", Some("1")),
            ("other", Some("2")),
            ("late", Some("3")),
            ("ow", None),
            ("x", None),
        ] {
            assert_eq!(read(&headers, name), value, "{name}");
        }
    }

    #[test]
    fn issuers_on_one_host_have_cookies_of_their_own() {
        let (a, b) = (
            cookie("https://id.example/a"),
            cookie("https://id.example/b"),
        );
        assert_ne!(a.name(), b.name());
        assert!(a.name().starts_with("__Host-grantor_session_"));
        let local = cookie("http://127.0.0.1:1");
        assert!(local.name().starts_with("grantor_session_"));
    }

    #[test]
    fn it_is_set_hidden_and_for_this_host_alone() {
        let https = cookie("https://id.example");
        let set = https.set("v", Some(Duration::from_secs(60))).unwrap();
        assert!(set.is_sensitive());
        let attributes = "Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=60";
        assert_eq!(set, format!("{}=v; {attributes}", https.name()));
        let local = cookie("http://127.0.0.1:1").set("v", None).unwrap();
        assert!(!local.to_str().unwrap().contains("Secure"));
        let removed = https.remove().unwrap();
        assert!(removed.to_str().unwrap().ends_with("Max-Age=0"));
    }

    #[test]
    fn a_value_can_add_no_attribute() {
        for value in ["a;b", "a b", "a\r\nb", "a,b", "\"a\"", "\u{fc}"] {
            assert!(cookie("https://id.example").set(value, None).is_err());
        }
    }
}
