//! The Host header of HTTP/1.1: RFC 9112 section 3.2.

use core::net::Ipv6Addr;

use http::header::HOST;
use http::{Request, Version};

/// Returns whether a request has the one valid Host header that it needs.
pub(crate) fn is_valid<B>(request: &Request<B>) -> bool {
    let mut values = request.headers().get_all(HOST).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => is_authority(value.as_bytes()),
        // "A server MUST respond with a 400 to any HTTP/1.1 request message that lacks a Host".
        (None, _) => request.version() < Version::HTTP_11,
        (Some(_), Some(_)) => false,
    }
}

/// `uri-host [ ":" port ]`, whose host is not empty, since no http URI's may be (RFC 9110
/// section 4.2.1).
fn is_authority(value: &[u8]) -> bool {
    let Ok(value) = str::from_utf8(value) else {
        return false;
    };
    let (host, port) = match value.strip_prefix('[').and_then(|v| v.split_once(']')) {
        Some((address, "")) => (address.parse::<Ipv6Addr>().is_ok(), ""),
        Some((address, rest)) => {
            let Some(port) = rest.strip_prefix(':') else {
                return false;
            };
            (address.parse::<Ipv6Addr>().is_ok(), port)
        }
        None => {
            let (host, port) = value.split_once(':').unwrap_or((value, ""));
            (is_registered_name(host), port)
        }
    };
    host && (port.is_empty() || is_port(port))
}

/// RFC 3986 section 3.2.2, and not empty.
fn is_registered_name(host: &str) -> bool {
    let mut bytes = host.bytes();
    while let Some(byte) = bytes.next() {
        let fine = match byte {
            b'%' => {
                let mut digit = || bytes.next().is_some_and(|byte| byte.is_ascii_hexdigit());
                digit() && digit()
            }
            _ => byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(&byte),
        };
        if !fine {
            return false;
        }
    }
    !host.is_empty()
}

fn is_port(port: &str) -> bool {
    port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(version: Version, hosts: &[&str], expected: bool) {
        let mut request = Request::new(());
        *request.version_mut() = version;
        for host in hosts {
            request.headers_mut().append(HOST, host.parse().unwrap());
        }
        assert_eq!(is_valid(&request), expected, "{hosts:?}");
    }

    #[test]
    fn names_addresses_and_ports_are_valid() {
        for host in [
            "a",
            "id.example",
            "id.example:8080",
            "a:",
            "a_b.example",
            "127.0.0.1:1",
            "[::1]",
            "[2001:db8::1]:443",
            "a%20b",
        ] {
            check(Version::HTTP_11, &[host], true);
        }
    }

    #[test]
    fn other_texts_are_invalid() {
        for host in [
            "", ":80", "a b", "a/b", "user@a", "http://a", "a:b", "a:1:2", "a:99999", "a:+1",
            "::1", "[::1", "[a]", "[::1]1", "a%2", "a,b/", "a?b", "d\u{fc}n",
        ] {
            check(Version::HTTP_11, &[host], false);
        }
    }

    #[test]
    fn there_is_one() {
        check(Version::HTTP_11, &[], false);
        check(Version::HTTP_10, &[], true);
        for version in [Version::HTTP_10, Version::HTTP_11] {
            check(version, &["a", "a"], false);
            check(version, &["a b"], false);
        }
    }
}
