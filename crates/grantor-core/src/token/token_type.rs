//! The kinds of tokens that are exchanged (RFC 8693 section 3).

/// An OAuth access token of this server.
pub const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
/// An OAuth refresh token of this server.
pub const REFRESH_TOKEN: &str = "urn:ietf:params:oauth:token-type:refresh_token";
/// An ID token (OpenID Connect Core section 2).
pub const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
/// A SAML 1.1 assertion, in base64url.
pub const SAML1: &str = "urn:ietf:params:oauth:token-type:saml1";
/// A SAML 2.0 assertion, in base64url.
pub const SAML2: &str = "urn:ietf:params:oauth:token-type:saml2";
/// Any JWT.
pub const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";
/// An identity assertion of an enterprise's identity provider, which another authorization server takes
/// as a grant (draft-ietf-oauth-identity-assertion-authz-grant section 3).
pub const ID_JAG: &str = "urn:ietf:params:oauth:token-type:id-jag";
