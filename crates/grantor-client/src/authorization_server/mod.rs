pub(crate) mod assertion;
pub(crate) mod channel;
pub(crate) mod client_authentication;
pub(crate) mod endpoint;
pub(crate) mod fetch_error;
pub(crate) mod redact;
pub(crate) mod sent_at;
pub(crate) mod throttle;

use std::sync::Arc;

use grantor_core::{Secret, ServerMetadata, TokenEndpointAuthMethod};
use grantor_http::MetadataCache;
use url::Url;

use self::assertion::Assertion;
use self::client_authentication::EndpointAuthentication;
use self::endpoint::Endpoint;
use crate::config::server::ServerConfig;
use crate::error::Error;

/// Who asks for tokens, and where.
#[derive(Debug, Clone)]
pub(crate) struct ClientRegistration {
    pub(crate) server: ServerConfig,
    pub(crate) client_id: String,
    pub(crate) client_secret: Option<Secret>,
    /// What it signs instead.
    pub(crate) client_assertion: Option<Assertion>,
    /// Used instead of the best that the server takes.
    pub(crate) method: Option<TokenEndpointAuthMethod>,
}

impl ClientRegistration {
    /// Where an endpoint is, and how to authenticate there.
    pub(crate) async fn endpoint(
        &self,
        cache: &MetadataCache,
        endpoint: Endpoint,
    ) -> Result<(Url, EndpointAuthentication), Error> {
        if let Some(url) = endpoint.given(&self.server) {
            return Ok((url.clone(), self.endpoint_authentication(&[], url)?));
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
        Ok((url.clone(), self.endpoint_authentication(methods, url)?))
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
        Ok(match &self.server.metadata_url {
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
