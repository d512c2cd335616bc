//! Identifiers of resources (RFC 8707).

use std::borrow::Cow;

/// A resource as it is compared and issued: with scheme and host in lower case (RFC 3986 section
/// 6.2.2.1). Another path is another resource.
pub(crate) fn normalize(resource: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = resource.split_once("://") else {
        return Cow::Borrowed(resource);
    };
    let host = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let end = scheme.len() + "://".len() + host;
    let (origin, path) = resource.split_at(end);
    if !origin.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Cow::Borrowed(resource);
    }
    Cow::Owned(origin.to_ascii_lowercase() + path)
}

/// Returns whether two texts identify one resource.
pub(crate) fn is_same(a: &str, b: &str) -> bool {
    a == b || normalize(a) == normalize(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scheme_and_host_have_no_case_and_paths_have() {
        assert!(is_same(
            "HTTP://Host.example/Mcp",
            "http://host.example/Mcp"
        ));
        assert!(!is_same(
            "http://host.example/Mcp",
            "http://host.example/mcp"
        ));
        assert!(!is_same("http://host.example", "http://host.example/"));
        assert!(is_same("urn:Example", "urn:Example"));
        assert!(!is_same("urn:Example", "urn:example"));
        assert_eq!(normalize("HTTPS://A.example?Q"), "https://a.example?Q");
    }
}
