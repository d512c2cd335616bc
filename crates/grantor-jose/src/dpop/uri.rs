//! URIs in the form in which they are compared: without query and fragment, normalized by syntax
//! and scheme (RFC 3986 sections 6.2.2 and 6.2.3), as RFC 9449 section 4.3 wants it.

/// Returns none if it is not an absolute URI of HTTP without user.
pub(super) fn normalize(uri: &str) -> Option<String> {
    let uri = without_query(uri);
    let (scheme, rest) = uri.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let default_port = match scheme.as_str() {
        "https" => ":443",
        "http" => ":80",
        _ => return None,
    };
    let (authority, path) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    let authority = authority.to_ascii_lowercase();
    let authority = authority.strip_suffix(default_port).unwrap_or(&authority);
    let authority = authority.strip_suffix(':').unwrap_or(authority);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:[]%!$&'()*+,;=".contains(&byte);
    if authority.is_empty() || !authority.bytes().all(plain) {
        return None;
    }
    let path = without_dot_segments(&normalize_escapes(path)?);
    Some(format!("{scheme}://{authority}{path}"))
}

pub(super) fn without_query(uri: &str) -> &str {
    uri.find(['?', '#']).map_or(uri, |end| &uri[..end])
}

/// Escapes in upper case, and none for what needs none.
fn normalize_escapes(path: &str) -> Option<String> {
    let mut out = String::with_capacity(path.len());
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                let value = digit(bytes.next())? * 16 + digit(bytes.next())?;
                match u8::try_from(value).ok()? {
                    plain if plain.is_ascii_alphanumeric() || b"-._~".contains(&plain) => {
                        out.push(char::from(plain));
                    }
                    other => out.push_str(&format!("%{other:02X}")),
                }
            }
            0x21..=0x7e => out.push(char::from(byte)),
            _ => return None,
        }
    }
    Some(out)
}

/// RFC 3986 section 5.2.4, for a path that is empty or begins with a slash.
fn without_dot_segments(path: &str) -> String {
    let mut out: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." {
                    out.pop();
                }
                if last {
                    out.push("");
                }
            }
            segment => out.push(segment),
        }
    }
    format!("/{}", out.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_the_same_becomes_the_same() {
        let check = |uri: &str, expected: &str| {
            assert_eq!(normalize(uri).as_deref(), Some(expected), "{uri}");
        };
        check("https://a.example/x", "https://a.example/x");
        check("HTTPS://A.Example:443/x?q#f", "https://a.example/x");
        check("https://a.example", "https://a.example/");
        check("https://a.example:?q", "https://a.example/");
        check("http://a.example:80/", "http://a.example/");
        check("http://a.example:443/", "http://a.example:443/");
        check("https://a.example/a/./b/../c", "https://a.example/a/c");
        check("https://a.example/../..", "https://a.example/");
        check("https://a.example/a/..", "https://a.example/");
        check("https://a.example/a/.", "https://a.example/a/");
        check("https://a.example/a//b", "https://a.example/a//b");
        check(
            "https://a.example/%7e%2f%C3%a9",
            "https://a.example/~%2F%C3%A9",
        );
        check("https://a.example/%2e%2e/x", "https://a.example/x");
        check("https://[::1]:8443/", "https://[::1]:8443/");
    }

    #[test]
    fn what_is_no_uri_of_http_is_nothing() {
        for bad in [
            "",
            "/x",
            "a.example/x",
            "ftp://a.example/",
            "https:///x",
            "https://?x",
            "https://user@a.example/",
            "https://a.example/%",
            "https://a.example/%g0",
            "https://a.example/%4",
            "https://a.example/ ",
            "https://a.example/\u{e9}",
            "https://a example/",
            "https://é.example/",
        ] {
            assert_eq!(normalize(bad), None, "{bad}");
        }
    }
}
