//! Metadata of a protected resource, as its clients read it (RFC 9728).

use std::fmt;

use serde_json::{Map, Value};
use url::{Host, Url};

use crate::issuer::Issuer;
use crate::loopback::{LocalhostNames, is_localhost_name};
use crate::members::{InvalidMember, Members};

/// The metadata that a protected resource publishes (RFC 9728 section 2), as a client reads it.
///
/// ```
/// use grantor_core::ProtectedResourceMetadata;
/// use url::Url;
///
/// let json = br#"{"resource":"https://mcp.example.com/mcp",
///     "authorization_servers":["https://id.example.com"],"scopes_supported":["notes:read"]}"#;
/// let url = Url::parse("https://mcp.example.com/mcp")?;
/// let metadata = ProtectedResourceMetadata::parse(json, &url)?;
/// assert_eq!(metadata.authorization_servers[0].as_str(), "https://id.example.com");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ProtectedResourceMetadata {
    /// The resource's identifier: what requests for tokens name in `resource` (RFC 8707).
    pub resource: String,
    /// The authorization servers that issue tokens for it, in the resource's order. An entry that is
    /// no issuer for this resource is left out.
    pub authorization_servers: Vec<Issuer>,
    /// The scope values that its requests may need.
    pub scopes_supported: Vec<String>,
    /// Its name for users.
    pub resource_name: Option<String>,
    /// True if it takes only tokens that are bound to a key by DPoP (RFC 9449).
    pub dpop_bound_access_tokens_required: bool,
    /// Everything else.
    pub extra: Map<String, Value>,
}

/// The reason why the metadata of a resource can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidProtectedResource {
    /// It is not a JSON object with `resource`, or a member occurs twice.
    Malformed,
    /// It came in this coding, which was not asked for (RFC 9110 section 8.4).
    Compressed(String),
    /// It names this resource, which is neither the one that was asked nor a parent of it (RFC 9728
    /// section 3.3).
    OtherResource(String),
    /// A member has a value that it can't have.
    Member(InvalidMember),
}

impl fmt::Display for InvalidProtectedResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => f.write_str(
                "the metadata is not a JSON object with a \"resource\" and each member once",
            ),
            Self::Compressed(coding) => write!(
                f,
                "the metadata is compressed with \"{coding}\", which was not asked for"
            ),
            Self::OtherResource(other) => write!(
                f,
                "the metadata names another \"resource\", {other:?}: a token for that one is none \
                 for the URL that was given"
            ),
            Self::Member(member) => write!(f, "{member} in the metadata"),
        }
    }
}

impl std::error::Error for InvalidProtectedResource {}

impl From<InvalidMember> for InvalidProtectedResource {
    fn from(member: InvalidMember) -> Self {
        Self::Member(member)
    }
}

impl ProtectedResourceMetadata {
    /// Reads the metadata of the resource at `url`, and compares its `resource` before anything else
    /// in it is used: it is `url` itself, or a parent of it at the same origin, whose metadata may be
    /// at the root (RFC 9728 section 3.3; the Model Context Protocol looks there too).
    ///
    /// # Errors
    /// The fault, as [`InvalidProtectedResource`] lists them.
    pub fn parse(json: &[u8], url: &Url) -> Result<Self, InvalidProtectedResource> {
        Self::parse_with(json, url, LocalhostNames::ByDns)
    }

    /// Like [`parse`](Self::parse), for a client that may resolve names below `localhost` itself:
    /// authorization servers there may then be http.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn parse_with(
        json: &[u8],
        url: &Url,
        names: LocalhostNames,
    ) -> Result<Self, InvalidProtectedResource> {
        let mut members = Members::parse(json).ok_or(InvalidProtectedResource::Malformed)?;
        let resource = members.text("resource")?;
        let resource = resource.ok_or(InvalidProtectedResource::Malformed)?;
        if !is_resource_at(&resource, url) {
            let shown = resource.chars().filter(|c| !c.is_control());
            let shown = shown.take(200).collect();
            return Err(InvalidProtectedResource::OtherResource(shown));
        }
        let issuers = members.texts("authorization_servers")?.into_iter();
        let issuers = issuers.filter_map(|text| Issuer::parse_with(&text, names).ok());
        let is_bound = members.flag("dpop_bound_access_tokens_required")?;
        Ok(Self {
            resource,
            // A resource elsewhere has no business at services of this machine.
            authorization_servers: issuers
                .filter(|issuer| is_local(url) || !is_local(issuer.url()))
                .collect(),
            scopes_supported: members.texts("scopes_supported")?,
            resource_name: members.text("resource_name")?,
            dpop_bound_access_tokens_required: is_bound.unwrap_or_default(),
            extra: members.0,
        })
    }

    /// Where the metadata of the resource at `url` may be: for a URL with a path first at the
    /// well-known place of that path, then at the root (RFC 9728 section 3.1).
    #[must_use]
    pub fn well_known_urls(url: &Url) -> Vec<Url> {
        const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";
        let mut root = url.clone();
        root.set_fragment(None);
        let path = url.path().trim_end_matches('/');
        let mut inserted = root.clone();
        inserted.set_path(&format!("{WELL_KNOWN}{path}"));
        root.set_path(WELL_KNOWN);
        root.set_query(None);
        match path.is_empty() && url.query().is_none() {
            true => vec![root],
            false => vec![inserted, root],
        }
    }

    /// Returns whether a URL that the resource at `url` names may be fetched: over https, or to
    /// this machine if the resource is here too.
    #[must_use]
    pub fn may_refer(url: &Url, to: &Url, names: LocalhostNames) -> bool {
        names.is_secure(to) && (is_local(url) || !is_local(to))
    }
}

/// Returns whether a URL leads to this machine, in whatever way it is written.
fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback() || ip.is_unspecified(),
        Some(Host::Ipv6(ip)) => match ip.to_ipv4_mapped() {
            Some(ip) => ip.is_loopback() || ip.is_unspecified(),
            None => ip.is_loopback() || ip.is_unspecified(),
        },
        Some(Host::Domain(name)) => is_localhost_name(name),
        None => false,
    }
}

/// Returns whether an identifier is that of the resource at a URL: the same, but for a slash at its
/// end, or a parent at the same origin.
fn is_resource_at(resource: &str, url: &Url) -> bool {
    // The parser also takes one slash, backslashes and white space, and servers read them otherwise.
    let is_plain = resource.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    let Some(resource) = Url::parse(resource)
        .ok()
        .filter(|_| is_plain && resource.contains("://"))
    else {
        return false;
    };
    let named = resource.origin() == url.origin() && resource.origin().is_tuple();
    let plain = resource.fragment().is_none()
        && resource.username().is_empty()
        && resource.password().is_none();
    if !named || !plain {
        return false;
    }
    if resource.query().is_some() {
        return resource.query() == url.query() && resource.path() == url.path();
    }
    let below = url
        .path()
        .strip_prefix(resource.path().trim_end_matches('/'));
    below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn read(
        members: &str,
        at: &str,
    ) -> Result<ProtectedResourceMetadata, InvalidProtectedResource> {
        ProtectedResourceMetadata::parse(format!("{{{members}}}").as_bytes(), &url(at))
    }

    #[test]
    fn reads_what_a_client_needs() {
        let metadata = read(
            r#""resource":"https://a.example/mcp","authorization_servers":["https://id.example",
            "not an issuer","http://id.example","https://other.example/x"],
            "scopes_supported":["a","b"],"resource_name":"Notes","x":1,
            "dpop_bound_access_tokens_required":true"#,
            "https://a.example/mcp",
        );
        let metadata = metadata.unwrap();
        let servers = metadata.authorization_servers.iter().map(Issuer::as_str);
        let servers: Vec<_> = servers.collect();
        assert_eq!(servers, ["https://id.example", "https://other.example/x"]);
        assert_eq!(metadata.scopes_supported, ["a", "b"]);
        assert_eq!(metadata.resource_name.as_deref(), Some("Notes"));
        assert!(metadata.dpop_bound_access_tokens_required);
        assert_eq!(metadata.extra["x"], 1);
    }

    #[test]
    fn the_resource_is_the_url_or_a_parent_of_it() {
        for (resource, at, is_taken) in [
            ("https://a.example/mcp", "https://a.example/mcp", true),
            ("https://a.example/mcp/", "https://a.example/mcp", true),
            ("https://a.example/mcp", "https://a.example/mcp/", true),
            ("https://a.example", "https://a.example/mcp", true),
            ("https://a.example/", "https://a.example/x/mcp", true),
            ("https://A.example/x", "https://a.example/x/mcp", true),
            ("https://a.example/mc", "https://a.example/mcp", false),
            ("https://a.example/mcp/x", "https://a.example/mcp", false),
            ("https://evil.example/mcp", "https://a.example/mcp", false),
            ("https://a.example:444/mcp", "https://a.example/mcp", false),
            ("http://a.example/mcp", "https://a.example/mcp", false),
            ("https://me@a.example/mcp", "https://a.example/mcp", false),
            ("https://a.example/mcp#x", "https://a.example/mcp", false),
            ("https://a.example/mcp?x", "https://a.example/mcp", false),
            ("https://a.example/mcp?x", "https://a.example/mcp?x", true),
            ("https://a.example/mcp", "https://a.example/mcp?x", true),
            ("urn:a", "https://a.example/mcp", false),
            (" https://a.example/mcp", "https://a.example/mcp", false),
            (r"https:\\\\a.example\\mcp", "https://a.example/mcp", false),
            ("https:a.example/mcp", "https://a.example/mcp", false),
            ("https://a.example/m\\tcp", "https://a.example/mcp", false),
        ] {
            let found = read(&format!(r#""resource":"{resource}""#), at);
            assert_eq!(found.is_ok(), is_taken, "{resource} for {at}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (members, expected) in [
            ("", "not a JSON object with a \"resource\""),
            (
                r#""resource":1"#,
                "\"resource\" is not a text in the metadata",
            ),
            (
                r#""resource":"https://evil.example/\u001b""#,
                "another \"resource\", \"https://evil.example/\":",
            ),
            (
                r#""resource":"https://a.example","scopes_supported":{}"#,
                "\"scopes_supported\" is not a list of texts",
            ),
            (
                r#""resource":"https://a.example","resource":"https://a.example""#,
                "each member once",
            ),
        ] {
            let error = read(members, "https://a.example/mcp").unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        }
    }

    #[test]
    fn a_resource_elsewhere_names_no_server_on_this_machine() {
        let local = r#""authorization_servers":["http://127.0.0.1:9","https://localhost/x"]"#;
        let far = read(
            &format!(r#""resource":"https://a.example",{local}"#),
            "https://a.example/",
        );
        assert_eq!(far.unwrap().authorization_servers, []);
        let near = read(
            &format!(r#""resource":"http://127.0.0.1:1/mcp",{local}"#),
            "http://127.0.0.1:1/mcp",
        );
        assert_eq!(near.unwrap().authorization_servers.len(), 2);
        let may = |from: &str, to: &str| {
            ProtectedResourceMetadata::may_refer(&url(from), &url(to), LocalhostNames::ByDns)
        };
        assert!(may("https://a.example", "https://b.example/x"));
        assert!(may("http://127.0.0.1:1", "http://127.0.0.1:2/x"));
        for to in [
            "http://127.0.0.1/x",
            "https://localhost/x",
            "https://localhost./x",
            "https://api.localhost/x",
            "https://0.0.0.0/x",
            "https://[::]/x",
            "https://[::ffff:127.0.0.1]/x",
            "http://b.example/x",
        ] {
            assert!(!may("https://a.example", to), "{to}");
        }
    }

    #[test]
    fn the_well_known_place_of_the_path_comes_before_the_root() {
        for (at, expected) in [
            (
                "https://a.example",
                &["https://a.example/.well-known/oauth-protected-resource"][..],
            ),
            (
                "https://a.example/x/mcp/#f",
                &[
                    "https://a.example/.well-known/oauth-protected-resource/x/mcp",
                    "https://a.example/.well-known/oauth-protected-resource",
                ],
            ),
            (
                "https://a.example/mcp?k=v",
                &[
                    "https://a.example/.well-known/oauth-protected-resource/mcp?k=v",
                    "https://a.example/.well-known/oauth-protected-resource",
                ],
            ),
        ] {
            let urls = ProtectedResourceMetadata::well_known_urls(&url(at));
            let urls: Vec<_> = urls.iter().map(Url::as_str).collect();
            assert_eq!(urls, expected);
        }
    }
}
