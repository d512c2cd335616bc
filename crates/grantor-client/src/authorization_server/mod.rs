//! The authorization server as a partner: where its endpoints are, how the client authenticates there,
//! and the one way in which requests go to it.

pub(crate) mod assertion;
pub(crate) mod authorization;
mod backchannel_authentication;
mod call;
pub(crate) mod channel;
pub(crate) mod client_authentication;
pub(crate) mod client_credential;
pub(crate) mod client_registration;
pub(crate) mod connection;
pub(crate) mod device_authorization;
pub(crate) mod endpoint;
pub(crate) mod fetch_error;
pub(crate) mod introspection;
pub(crate) mod issuer_keys;
mod jwt_response;
mod openid;
mod polling;
pub(crate) mod proof_on_send;
mod pushed_authorization;
pub(crate) mod redact;
mod redirect;
pub(crate) mod request_object;
pub(crate) mod resource_metadata;
pub(crate) mod revocation;
pub(crate) mod sent_at;
#[cfg(test)]
mod tests;
pub(crate) mod throttle;
pub(crate) mod token_endpoint;

use std::sync::Arc;
use std::time::Duration;

use grantor_core::{Issuer, Secret, ServerMetadata, TokenEndpointAuthMethod, TokenParameters};
use grantor_http::MetadataCache;
use url::Url;

use self::assertion::Assertion;
use self::assertion::given::GivenAssertion;
use self::client_authentication::{EndpointAuthentication, is_by_tls};
use self::connection::Connection;
use self::endpoint::Endpoint;
use self::issuer_keys::IssuerKeys;
use crate::config::id_tokens::IdTokenSettings;
use crate::config::policy::Policy;
use crate::config::server::ServerConfig;
use crate::error::Error;

/// The client as the server knows it (RFC 7591), and which server that is.
#[derive(Debug, Clone)]
pub(crate) struct ClientRegistration {
    pub(crate) server: ServerConfig,
    pub(crate) client_id: String,
    pub(crate) client_secret: Option<Secret>,
    /// The assertion that it signs instead.
    pub(crate) client_assertion: Option<Assertion>,
    /// The assertion of another party that it passes on instead.
    pub(crate) given_assertion: Option<Arc<GivenAssertion>>,
    /// Used instead of the best that the server takes.
    pub(crate) method: Option<TokenEndpointAuthMethod>,
    pub(crate) id_tokens: IdTokenSettings,
    /// Whether connections to the server present a certificate of the client's (RFC 8705).
    pub(crate) presents_certificate: bool,
}

impl ClientRegistration {
    /// The server's name in messages and in the log: its issuer, or else its token endpoint.
    pub(crate) fn name(&self) -> &str {
        let issuer = self.server.issuer.as_ref().map(Issuer::as_str);
        let endpoint = self.server.endpoints.token.as_ref().map(Url::as_str);
        issuer.or(endpoint).unwrap_or("the server")
    }

    /// Returns whether this is the client with this identifier at the server with this issuer; a server
    /// without one is known by the origin of its token endpoint.
    pub(crate) fn is_client_at(&self, client_id: &str, issuer: &str) -> bool {
        let own = self.server.issuer.as_ref().map(Issuer::as_str);
        let is_server = match (own, &self.server.endpoints.token) {
            (Some(own), _) => own == issuer,
            (None, Some(endpoint)) => endpoint.origin().ascii_serialization() == issuer,
            (None, None) => false,
        };
        is_server && self.client_id == client_id
    }

    /// Returns whether the client proves who it is.
    pub(crate) fn is_confidential(&self) -> bool {
        let by_certificate =
            self.presents_certificate && self.method.as_ref().is_some_and(is_by_tls);
        self.client_secret.is_some()
            || self.client_assertion.is_some()
            || self.given_assertion.is_some()
            || by_certificate
    }
}

/// A server, and one client of it.
#[derive(Debug, Clone)]
pub(crate) struct AuthorizationServer {
    pub(crate) registration: ClientRegistration,
    connection: Arc<Connection>,
    metadata: Arc<MetadataCache>,
    issuer_keys: Arc<IssuerKeys>,
    /// How long a request may take.
    timeout: Duration,
    /// The resource that its tokens are for, as its metadata calls it.
    resource: Option<String>,
}

impl AuthorizationServer {
    pub(crate) fn new(
        registration: ClientRegistration,
        connection: Arc<Connection>,
        (metadata, issuer_keys): (Arc<MetadataCache>, Arc<IssuerKeys>),
        policy: &Policy,
    ) -> Self {
        let presents_certificate = connection.transport.client_certificate().is_some();
        Self {
            registration: ClientRegistration {
                presents_certificate,
                ..registration
            },
            connection,
            metadata,
            issuer_keys,
            timeout: policy.request_timeout,
            resource: None,
        }
    }

    /// With the resource that requests for tokens name, whatever their parameters say.
    pub(crate) fn for_resource(self, resource: String) -> Self {
        Self {
            resource: Some(resource),
            ..self
        }
    }

    /// The resources that a request names (RFC 8707).
    fn resource_of(&self, parameters: &TokenParameters) -> Vec<String> {
        match &self.resource {
            Some(resource) => vec![resource.clone()],
            None => parameters.resource.clone(),
        }
    }

    /// The metadata that the server publishes.
    pub(crate) async fn metadata(&self) -> Result<Arc<ServerMetadata>, Error> {
        let published = self.published_metadata().await?;
        published.ok_or_else(|| {
            Error::configuration(
                "the server has no metadata to look at, since no \"issuer\" was given",
            )
        })
    }

    /// The metadata that the server publishes; none, if it has no issuer.
    pub(crate) async fn published_metadata(&self) -> Result<Option<Arc<ServerMetadata>>, Error> {
        let server = &self.registration.server;
        Ok(match (&server.issuer, &server.metadata_url) {
            (None, _) => None,
            (Some(issuer), None) => Some(self.metadata.get(issuer).await?),
            (Some(issuer), Some(url)) => Some(self.metadata.get_at(issuer, url).await?),
        })
    }

    /// Where an endpoint is, and how to authenticate there.
    async fn endpoint(&self, endpoint: Endpoint) -> Result<(Url, EndpointAuthentication), Error> {
        let registration = &self.registration;
        if let Some(url) = endpoint.given(&registration.server) {
            return Ok((url.clone(), registration.endpoint_authentication(&[], url)?));
        }
        let Some(metadata) = self.published_metadata().await? else {
            return Err(Error::configuration(format!(
                "the server has no \"{}\": give one, or an \"issuer\" whose metadata names it",
                endpoint.name()
            )));
        };
        let Some(url) = endpoint.of(&metadata, registration.presents_certificate) else {
            return Err(Error::configuration(format!(
                "the metadata of {} has no \"{}\"",
                metadata.issuer,
                endpoint.name()
            )));
        };
        let methods = endpoint.methods(&metadata);
        let client = registration.endpoint_authentication(methods, url)?;
        Ok((url.clone(), client))
    }
}
