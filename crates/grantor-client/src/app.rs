use std::sync::Arc;

use grantor_core::{Secret, ServerMetadata, TokenEndpointAuthMethod};
use grantor_http::MetadataCache;
use url::Url;

use crate::authentication::Client;
use crate::server::Checked;
use crate::{Assertion, Error};

/// Who asks for tokens, and where.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) server: Checked,
    pub(crate) client_id: String,
    pub(crate) client_secret: Option<Secret>,
    /// What it signs instead.
    pub(crate) client_assertion: Option<Assertion>,
    /// Used instead of the best that the server takes.
    pub(crate) method: Option<TokenEndpointAuthMethod>,
}

/// An endpoint of the server at which a client authenticates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Token,
    DeviceAuthorization,
    Introspection,
    Revocation,
}

impl Endpoint {
    fn name(self) -> &'static str {
        match self {
            Self::Token => "token_endpoint",
            Self::DeviceAuthorization => "device_authorization_endpoint",
            Self::Introspection => "introspection_endpoint",
            Self::Revocation => "revocation_endpoint",
        }
    }

    /// What was given beforehand.
    fn given(self, server: &Checked) -> Option<&Url> {
        match self {
            Self::Token => server.token_endpoint.as_ref(),
            Self::DeviceAuthorization => server.device_authorization_endpoint.as_ref(),
            Self::Introspection => server.introspection_endpoint.as_ref(),
            Self::Revocation => server.revocation_endpoint.as_ref(),
        }
    }

    fn of(self, metadata: &ServerMetadata) -> Option<&Url> {
        match self {
            Self::Token => metadata.token_endpoint.as_ref(),
            Self::DeviceAuthorization => metadata.device_authorization_endpoint.as_ref(),
            Self::Introspection => metadata.introspection_endpoint.as_ref(),
            Self::Revocation => metadata.revocation_endpoint.as_ref(),
        }
    }

    /// The methods it takes; what is not said of it is said of the token endpoint.
    fn methods(self, metadata: &ServerMetadata) -> &[TokenEndpointAuthMethod] {
        let own = match self {
            Self::Token | Self::DeviceAuthorization => {
                &metadata.token_endpoint_auth_methods_supported
            }
            Self::Introspection => &metadata.introspection_endpoint_auth_methods_supported,
            Self::Revocation => &metadata.revocation_endpoint_auth_methods_supported,
        };
        if own.is_empty() {
            &metadata.token_endpoint_auth_methods_supported
        } else {
            own
        }
    }
}

impl App {
    /// Where an endpoint is, and how to authenticate there.
    pub(crate) async fn endpoint(
        &self,
        cache: &MetadataCache,
        endpoint: Endpoint,
    ) -> Result<(Url, Client), Error> {
        if let Some(url) = endpoint.given(&self.server) {
            return Ok((url.clone(), self.authentication(&[], url)?));
        }
        let metadata = self.metadata(cache).await?;
        let Some(url) = endpoint.of(&metadata) else {
            return Err(Error::configuration(format!(
                "the metadata of {} has no \"{}\"",
                metadata.issuer,
                endpoint.name()
            )));
        };
        let methods = endpoint.methods(&metadata);
        Ok((url.clone(), self.authentication(methods, url)?))
    }

    /// What the server publishes about itself.
    pub(crate) async fn metadata(
        &self,
        cache: &MetadataCache,
    ) -> Result<Arc<ServerMetadata>, Error> {
        let Some(issuer) = &self.server.issuer else {
            return Err(Error::configuration(
                "the server has no metadata to look at, since no \"issuer\" was given",
            ));
        };
        Ok(match &self.server.metadata {
            Some(location) => cache.get_at(issuer, location).await?,
            None => cache.get(issuer).await?,
        })
    }

    /// What to call the server in messages.
    pub(crate) fn name(&self) -> &str {
        let issuer = self.server.issuer.as_ref();
        issuer.map_or("the server", grantor_core::Issuer::as_str)
    }
}
