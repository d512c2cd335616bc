//! Scope, resource, audience and details: the parameters that go with every grant.

use std::fmt;

use crate::authorization_details::AuthorizationDetails;
use crate::scope::Scope;

/// The access token that a client asks for: its scope, and where it is to be used.
///
/// They go along with every grant, and with a device authorization request.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct TokenParameters {
    /// The scope (RFC 6749 section 3.3); the server's default, if absent.
    pub scope: Option<Scope>,
    /// The resources at which the token is to be used (RFC 8707).
    pub resource: Vec<String>,
    /// The same by the names that the server gives them (RFC 8693 section 2.1).
    pub audience: Vec<String>,
    /// The detailed authorization (RFC 9396).
    pub authorization_details: Option<AuthorizationDetails>,
    /// Further parameters of the grant or of the server.
    pub extra: Vec<(String, String)>,
}

/// Further parameters may be secret: only their names are shown.
impl fmt::Debug for TokenParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.extra.iter().map(|(name, _)| name).collect();
        f.debug_struct("TokenParameters")
            .field("scope", &self.scope)
            .field("resource", &self.resource)
            .field("audience", &self.audience)
            .field("authorization_details", &self.authorization_details)
            .field("extra", &names)
            .finish()
    }
}
