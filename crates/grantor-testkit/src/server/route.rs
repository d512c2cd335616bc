//! Which endpoint a request is for.

use grantor_core::Issuer;
use http::Uri;

use super::endpoints::WELL_KNOWN;

/// The endpoint that a request to a [`FakeServer`](crate::FakeServer) is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Endpoint {
    /// Metadata, at either well-known place (RFC 8414 section 3, OpenID Connect Discovery section 4).
    Metadata,
    /// Where users are sent (RFC 6749 section 3.1).
    Authorization,
    /// The token endpoint (RFC 6749 section 3.2).
    Token,
    /// Where authorization requests are pushed (RFC 9126).
    PushedAuthorization,
    /// Where clients register, and where their registrations are changed (RFC 7591, RFC 7592).
    Registration,
    /// The metadata of the API as a protected resource (RFC 9728), at any origin.
    ResourceMetadata,
    /// Where a device begins (RFC 8628 section 3.1).
    DeviceAuthorization,
    /// Where users are asked without a browser (CIBA Core section 7).
    BackchannelAuthentication,
    /// Where tokens are looked up (RFC 7662).
    Introspection,
    /// Where tokens are given up (RFC 7009).
    Revocation,
    /// The keys of ID tokens (RFC 7517).
    KeySet,
    /// The claims about the user (OpenID Connect Core section 5.3).
    UserInfo,
    /// Where clients get temporary credentials of OAuth 1.0a (RFC 5849 section 2.1).
    TemporaryCredentials,
    /// Where users authorize temporary credentials (RFC 5849 section 2.2).
    OAuth1Authorization,
    /// Where clients get the credentials of a token of OAuth 1.0a (RFC 5849 section 2.3).
    TokenCredentials,
    /// An API that takes the server's tokens: `/api` below the issuer, and every other origin.
    Api,
    /// A path that the server does not know: 404.
    Other,
}

impl Endpoint {
    /// Returns the endpoint of a request with this URI, at a server with this issuer.
    pub(super) fn of(issuer: &Issuer, uri: &Uri) -> Self {
        let path = uri.path();
        let below = path.strip_prefix(WELL_KNOWN);
        if below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
            return Self::ResourceMetadata;
        }
        if !is_at(issuer, uri) {
            return Self::Api;
        }
        if issuer.metadata_urls().iter().any(|url| url.path() == path) {
            return Self::Metadata;
        }
        match path.strip_prefix(issuer.path()).unwrap_or(path) {
            "/authorize" => Self::Authorization,
            "/token" => Self::Token,
            "/device_authorization" => Self::DeviceAuthorization,
            "/backchannel" => Self::BackchannelAuthentication,
            "/par" => Self::PushedAuthorization,
            "/register" => Self::Registration,
            path if path.starts_with("/register/") => Self::Registration,
            "/introspect" => Self::Introspection,
            "/revoke" => Self::Revocation,
            "/jwks" => Self::KeySet,
            "/userinfo" => Self::UserInfo,
            "/oauth1/temporary_credentials" => Self::TemporaryCredentials,
            "/oauth1/authorize" => Self::OAuth1Authorization,
            "/oauth1/token_credentials" => Self::TokenCredentials,
            path if path == "/api" || path.starts_with("/api/") => Self::Api,
            _ => Self::Other,
        }
    }
}

/// The origin of a URI, as `https://host` or `https://host:port`.
pub(super) fn origin(uri: &Uri) -> String {
    let text = uri.to_string();
    url::Url::parse(&text).map_or_else(|_| String::new(), |url| url.origin().ascii_serialization())
}

/// A URI without an origin is the server's own.
fn is_at(issuer: &Issuer, uri: &Uri) -> bool {
    uri.authority().is_none() || origin(uri) == issuer.url().origin().ascii_serialization()
}
