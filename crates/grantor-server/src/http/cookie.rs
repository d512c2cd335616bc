//! Cookies: read as bytes, since a sibling domain may set any; set so that scripts can't read them
//! and other sites can't send them with a form.

use grantor_core::Issuer;
use grantor_jose::base64url;
use grantor_jose::digest::sha256;
use http::{HeaderMap, HeaderValue, header};

/// The name of a cookie of one issuer: several issuers may share a host.
pub(crate) fn name(purpose: &str, issuer: &Issuer) -> String {
    let mut tag = base64url::encode(sha256(issuer.as_str().as_bytes()));
    tag.truncate(8);
    let prefix = if is_secure(issuer) { "__Host-" } else { "" };
    format!("{prefix}grantor_{purpose}_{tag}")
}

/// Whether browsers reach the issuer by https.
pub(crate) fn is_secure(issuer: &Issuer) -> bool {
    issuer.url().scheme() == "https"
}

/// A cookie of a request. Of two with one name the first counts, which is the one with the longer
/// path.
pub(crate) fn read<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let values = headers.get_all(header::COOKIE).iter();
    let mut pairs = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b';'));
    pairs.find_map(|pair| {
        let value = pair.trim_ascii().strip_prefix(name.as_bytes())?;
        std::str::from_utf8(value.strip_prefix(b"=")?).ok()
    })
}

/// Sets a cookie. It ends with the browser's session, unless it has an age in seconds.
pub(crate) fn set(name: &str, value: &str, secure: bool, age: Option<u64>) -> HeaderValue {
    let mut text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax");
    if secure {
        text.push_str("; Secure");
    }
    if let Some(age) = age {
        text.push_str(&format!("; Max-Age={age}"));
    }
    let mut header = HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""));
    header.set_sensitive(true);
    header
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let named = |issuer: &str| name("session", &Issuer::parse(issuer).unwrap());
        let (a, b) = (named("https://id.example/a"), named("https://id.example/b"));
        assert_ne!(a, b);
        assert!(a.starts_with("__Host-grantor_session_"));
        assert!(named("http://127.0.0.1:1").starts_with("grantor_session_"));
    }
}
