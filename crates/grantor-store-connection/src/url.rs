//! Parts of the URL of a store. No message has a part of it, which may be a password.

use percent_encoding::percent_decode_str;

/// The text behind percent signs.
///
/// # Errors
/// It is not UTF-8. The text says what is wrong.
pub fn decoded(text: &str) -> Result<String, &'static str> {
    let text = percent_decode_str(text).decode_utf8();
    let text = text.map_err(|_| "its text is not UTF-8")?;
    Ok(text.into_owned())
}

/// A host and its port, which is `default` where the text has none. An address of IP version 6 is in
/// brackets there.
///
/// # Errors
/// It has no host, or the port is none. The text says what is wrong.
pub fn host_and_port(text: &str, default: u16) -> Result<(String, u16), &'static str> {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, port)) => (host, port.strip_prefix(':')),
        None => match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    if host.is_empty() {
        return Err("it has no host");
    }
    let port = port.map_or(Ok(default), str::parse);
    let port = port.map_err(|_| "a port is a number up to 65535")?;
    Ok((host.to_owned(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_the_port_that_it_names() {
        for (text, host, port) in [
            ("db", "db", 1),
            ("db:2", "db", 2),
            ("[::1]", "::1", 1),
            ("[::1]:2", "::1", 2),
        ] {
            assert_eq!(host_and_port(text, 1), Ok((host.to_owned(), port)));
        }
        for wrong in ["", ":2", "[]:2", "db:", "db:x", "db:65536", "::1"] {
            assert!(host_and_port(wrong, 1).is_err(), "{wrong}");
        }
    }

    #[test]
    fn percent_signs_are_decoded() {
        assert_eq!(decoded("a%40b").as_deref(), Ok("a@b"));
        assert!(decoded("%ff").is_err());
    }
}
