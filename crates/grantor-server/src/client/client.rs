//! A registered client.

use std::time::Duration;

use grantor_core::{RedirectUri, Scope, Timestamp};
use url::Url;

use super::{ClientAuthMethod, ClientKeys, RegisteredBy};
use crate::config::Rotation;

/// A client as the server's checks see it. Stored clients have a record of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Client {
    /// Its identifier.
    pub id: String,
    /// The name that pages show; the identifier, if absent.
    pub name: Option<String>,
    /// The source of all this.
    pub registered_by: RegisteredBy,
    /// The way in which it authenticates; no other is taken. A client with [`ClientAuthMethod::None`] is public:
    /// it runs on a device or in a browser and can keep no secret.
    pub auth_method: ClientAuthMethod,
    /// Its public keys, for [`ClientAuthMethod::PrivateKeyJwt`].
    pub jwks: Option<ClientKeys>,
    /// The URL of its public keys, in place of `jwks`. They are fetched when they are first needed, and
    /// again when it signs with one that is not among them.
    pub jwks_uri: Option<Url>,
    /// True if its assertions may name the token endpoint as their audience, in place of the issuer,
    /// as older clients write them. Another server that gives the URL of this token endpoint as its
    /// own gets assertions that are good here (draft-ietf-oauth-rfc7523bis section 7).
    pub danger_assertion_audience_token_endpoint: bool,
    /// The grant types it may use, as on the wire.
    pub grant_types: Vec<String>,
    /// The scope values it may ask for; all of them, if it asks for none.
    pub scope: Scope,
    /// Where authorization responses may go.
    pub redirect_uris: Vec<RedirectUri>,
    /// Private schemes without a period that its redirect URIs may have, such as `vscode`. Another
    /// application on the user's machine may have them too (RFC 8252 section 8.4).
    pub redirect_schemes: Vec<String>,
    /// The resources it may name (RFC 8707); any resource that the server knows, if absent.
    pub resources: Option<Vec<String>>,
    /// It is a resource server with this identifier, and may introspect tokens for it.
    pub resource_identifier: Option<String>,
    /// True if its authorization requests have to be pushed (RFC 9126 section 6), if the server
    /// leaves that open.
    pub require_pushed_authorization_requests: bool,
    /// True if all its access tokens are bound to its key by a proof of possession (RFC 9449
    /// section 5.2), if the server leaves that open.
    pub dpop_bound_access_tokens: bool,
    /// True if its proofs need a nonce of the server, if the server leaves that open.
    pub require_dpop_nonces: bool,
    /// True if its access tokens are opaque though those of the server say everything themselves, so that
    /// they end with their grant for every API.
    pub opaque_access_tokens: bool,
    /// The choice of refresh tokens that are replaced at each use, if it wants more than the
    /// server.
    pub rotation: Option<Rotation>,
    /// The longest lifetime of its access tokens, if it is shorter than the server's.
    pub access_token_lifetime: Option<Duration>,
    /// The longest lifetime of its refresh tokens, if it is shorter than the server's.
    pub refresh_token_lifetime: Option<Duration>,
    /// The longest that its grants last, if that is shorter than the server's.
    pub grant_lifetime: Option<Duration>,
    /// The scope of a request of its that names none; as the server has it, if absent.
    pub default_scope: Option<Scope>,
    /// When it goes unless a user allows it something before: a client that registered itself and was
    /// never used.
    pub unused_until: Option<Timestamp>,
    /// Every token carries the epoch of its client. A client with another epoch, as after removing
    /// it and adding it again, makes all earlier tokens invalid.
    pub epoch: String,
}

impl Client {
    /// A client with a secret, without grant types and scope. [`public`](Self::public) is one without.
    #[must_use]
    pub fn new(id: impl Into<String>, epoch: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            name: None,
            registered_by: RegisteredBy::default(),
            auth_method: ClientAuthMethod::ClientSecret,
            jwks: None,
            jwks_uri: None,
            danger_assertion_audience_token_endpoint: false,
            grant_types: Vec::new(),
            scope: Scope::default(),
            redirect_uris: Vec::new(),
            redirect_schemes: Vec::new(),
            resources: None,
            resource_identifier: None,
            require_pushed_authorization_requests: false,
            dpop_bound_access_tokens: false,
            require_dpop_nonces: false,
            opaque_access_tokens: false,
            rotation: None,
            access_token_lifetime: None,
            refresh_token_lifetime: None,
            grant_lifetime: None,
            default_scope: None,
            unused_until: None,
            epoch: epoch.into(),
        }
    }

    /// A public client, which has no secret ([`Credentials::None`](crate::Credentials::None)), without
    /// grant types and scope.
    #[must_use]
    pub fn public(id: impl Into<String>, epoch: impl Into<String>) -> Self {
        Self {
            auth_method: ClientAuthMethod::None,
            ..Self::new(id, epoch)
        }
    }

    /// Returns whether it has no credentials.
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.auth_method == ClientAuthMethod::None
    }

    /// Returns whether its metadata are its own word: it registered itself, or is the URL of its
    /// document. Its name and its redirect URIs may be others tomorrow, so each request needs a user's
    /// own answer.
    #[must_use]
    pub fn describes_itself(&self) -> bool {
        self.registered_by != RegisteredBy::Operator
    }

    /// Returns whether it may use a grant type.
    #[must_use]
    pub fn allows_grant_type(&self, grant_type: &str) -> bool {
        self.grant_types.iter().any(|own| own == grant_type)
    }

    /// Returns whether it may name a resource.
    #[must_use]
    pub fn allows_resource(&self, resource: &str) -> bool {
        let allowed = self.resources.as_ref();
        let is_same = |own: &String| crate::resource::is_same(own, resource);
        allowed.is_none_or(|allowed| allowed.iter().any(is_same))
    }

    /// The name that pages show.
    #[must_use]
    pub fn display_name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.id)
    }

    /// The host that a client with a metadata document belongs to.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        let (_, rest) = self.id.split_once("://")?;
        let is_document = self.registered_by == RegisteredBy::Document;
        is_document.then(|| rest.split(['/', '?']).next().unwrap_or_default())
    }

    /// Returns whether every redirect URI leads to a program on the user's device, by a loopback address or a
    /// private scheme. Any program there can take the identifier of such a client (RFC 8252 section
    /// 8.6).
    #[must_use]
    pub fn is_on_device_only(&self) -> bool {
        let is_remote = |uri: &RedirectUri| {
            Url::parse(uri.as_str())
                .is_ok_and(|url| url.scheme() == "https" && !grantor_core::is_loopback(&url))
        };
        !self.redirect_uris.iter().any(is_remote)
    }

    /// Returns whether a web page of this origin may read the answers to this client: the origin is
    /// that of one of its redirect URIs.
    pub(crate) fn has_origin(&self, origin: &str) -> bool {
        self.redirect_uris.iter().any(|uri| {
            Url::parse(uri.as_str()).is_ok_and(|url| {
                url.origin().is_tuple() && url.origin().ascii_serialization() == origin
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_origins_are_those_of_its_redirect_uris() {
        let mut client = Client::new("spa", "1");
        client.redirect_uris = vec![
            "https://spa.example/cb".parse().unwrap(),
            "com.example.app:/cb".parse().unwrap(),
        ];
        assert!(client.has_origin("https://spa.example"));
        for other in ["null", "https://spa.example:8443", "http://spa.example", ""] {
            assert!(!client.has_origin(other), "{other}");
        }
    }

    #[test]
    fn a_client_is_on_the_device_if_no_redirect_uri_leads_elsewhere() {
        let mut client = Client::new("app", "1");
        let mut with = |uris: &[&str]| {
            client.redirect_uris = uris.iter().map(|uri| uri.parse().unwrap()).collect();
            client.is_on_device_only()
        };
        assert!(with(&[
            "http://127.0.0.1/cb",
            "http://localhost/cb",
            "com.example.app:/cb"
        ]));
        assert!(with(&["https://localhost/cb"]));
        assert!(!with(&["http://127.0.0.1/cb", "https://app.example/cb"]));
    }

    #[test]
    fn the_host_of_a_client_is_that_of_its_document() {
        let mut client = Client::new("https://app.example:8443/client.json", "1");
        assert_eq!(client.host(), None);
        client.registered_by = RegisteredBy::Document;
        assert_eq!(client.host(), Some("app.example:8443"));
        let mut other = Client::new("app", "1");
        other.registered_by = RegisteredBy::Itself;
        assert_eq!(other.host(), None);
    }

    #[test]
    fn without_a_list_it_may_name_any_resource() {
        let mut client = Client::new("a", "1");
        assert!(client.allows_resource("https://api.example"));
        client.resources = Some(vec!["https://files.example".to_owned()]);
        assert!(!client.allows_resource("https://api.example"));
        assert!(client.allows_resource("https://files.example"));
    }
}
