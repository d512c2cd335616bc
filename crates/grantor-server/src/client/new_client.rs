//! The metadata of a client that is to be registered.

use grantor_core::{RedirectUri, Scope, Secret};
use url::Url;

use super::{Client, ClientAuthMethod, ClientKeys};

/// A client that is to be registered.
///
/// ```
/// use grantor_server::NewClient;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let app = NewClient::public("spa")
///     .with_grant_types(["authorization_code", "refresh_token"])
///     .with_scope("read write".parse()?)
///     .with_redirect_uri("https://spa.example/cb".parse()?);
/// assert!(app.problems().is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NewClient {
    /// The client. Its epoch is drawn when it is registered.
    pub client: Client,
    /// The secret that somebody chose; one is generated for a client whose method takes a secret, if
    /// absent.
    pub secret: Option<Secret>,
}

impl NewClient {
    /// A client that authenticates with a secret.
    #[must_use]
    pub fn confidential(id: impl Into<String>) -> Self {
        Self {
            client: Client::new(id, ""),
            secret: None,
        }
    }

    /// A client without a secret: an application on a device or in a browser.
    #[must_use]
    pub fn public(id: impl Into<String>) -> Self {
        let mut new = Self::confidential(id);
        new.client.auth_method = ClientAuthMethod::None;
        new
    }

    /// A resource server, which introspects tokens for `resource`.
    #[must_use]
    pub fn resource_server(id: impl Into<String>, resource: impl Into<String>) -> Self {
        let mut new = Self::confidential(id);
        new.client.resource_identifier = Some(resource.into());
        new
    }

    /// The one way in which it authenticates.
    #[must_use]
    pub fn with_auth_method(mut self, method: ClientAuthMethod) -> Self {
        self.client.auth_method = method;
        self
    }

    /// Authenticates with JWTs under its private key, whose public part is in `keys`.
    #[must_use]
    pub fn with_private_key_jwt(mut self, keys: ClientKeys) -> Self {
        self.client.jwks = Some(keys);
        self.with_auth_method(ClientAuthMethod::PrivateKeyJwt)
    }

    /// Authenticates with JWTs under its private key, whose public part is at a URL. The server fetches
    /// it, so it needs a transport ([`ServerBuilder::transport_with`]).
    ///
    /// [`ServerBuilder::transport_with`]: crate::ServerBuilder::transport_with
    #[must_use]
    pub fn with_private_key_jwt_at(mut self, jwks_uri: Url) -> Self {
        self.client.jwks_uri = Some(jwks_uri);
        self.with_auth_method(ClientAuthMethod::PrivateKeyJwt)
    }

    /// The name that pages show.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.client.name = Some(name.into());
        self
    }

    /// The grant types it may use, as on the wire.
    #[must_use]
    pub fn with_grant_types(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.client.grant_types = names.into_iter().map(Into::into).collect();
        self
    }

    /// The scope values it may ask for.
    #[must_use]
    pub fn with_scope(mut self, scope: Scope) -> Self {
        self.client.scope = scope;
        self
    }

    /// The scope of a request of its that names none.
    #[must_use]
    pub fn with_default_scope(mut self, scope: Scope) -> Self {
        self.client.default_scope = Some(scope);
        self
    }

    /// Adds a redirect URI.
    #[must_use]
    pub fn with_redirect_uri(mut self, uri: RedirectUri) -> Self {
        self.client.redirect_uris.push(uri);
        self
    }

    /// A private scheme without a period that its redirect URIs may have, such as `vscode`.
    #[must_use]
    pub fn with_redirect_scheme(mut self, scheme: impl Into<String>) -> Self {
        self.client.redirect_schemes.push(scheme.into());
        self
    }

    /// The only resources it may name.
    #[must_use]
    pub fn with_resources(
        mut self,
        resources: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.client.resources = Some(resources.into_iter().map(Into::into).collect());
        self
    }

    /// A secret that somebody chose. A generated one can't be guessed.
    #[must_use]
    pub fn with_secret(mut self, secret: impl Into<Secret>) -> Self {
        self.secret = Some(secret.into());
        self
    }
}
