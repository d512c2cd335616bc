//! Finding the authorization server of a resource: by the resource's metadata (RFC 9728), whose servers
//! are tried in order.

use std::sync::Arc;

use grantor_core::exchange::DiscoveryError;
use grantor_core::{Issuer, LocalhostNames, ProtectedResourceMetadata, ServerMetadata};
use url::Url;

use super::ResourceGrant;
use super::settings::MissingMetadata;
use crate::authorization_server::resource_metadata::resource_metadata;
use crate::config::server::ServerConfig;
use crate::error::Error;
use crate::providers::Pkce;
use crate::renew::services::Services;
use crate::store::records::ResourceLogin;

/// The authorization server of a resource.
#[derive(Debug)]
pub(super) struct FoundServer {
    /// The name that credentials are kept by: the issuer; of a server without metadata, its origin.
    pub(super) issuer: String,
    pub(super) server: ServerConfig,
    /// Its metadata; none, if it has none.
    pub(super) metadata: Option<Arc<ServerMetadata>>,
    /// The resource, as requests for tokens name it.
    pub(super) resource: String,
    /// The scope values that the resource says its requests need.
    pub(super) scopes: Vec<String>,
}

impl FoundServer {
    /// Where clients register.
    pub(super) fn registration_endpoint(&self) -> Option<&Url> {
        let published = self.metadata.as_ref();
        let published = published.and_then(|metadata| metadata.registration_endpoint.as_ref());
        published.or(self.server.endpoints.registration.as_ref())
    }

    /// Returns whether a client may be the URL of its document there.
    pub(super) fn takes_documents(&self) -> bool {
        let published = self.metadata.as_ref();
        published.is_some_and(|metadata| metadata.client_id_metadata_document_supported)
    }
}

/// How many servers of a resource are tried: a list without end would be as many requests.
const MAX_SERVERS: usize = 10;

impl ResourceGrant {
    /// The metadata of the resource; none, if it has none.
    pub(super) async fn resource_metadata(
        &self,
        services: &Services,
    ) -> Result<Option<ProtectedResourceMetadata>, Error> {
        let location = self.lock().resource_metadata.clone();
        let url = self.url()?;
        let timeout = services.policy.request_timeout;
        let connection = &services.shared.connection;
        let fetched = resource_metadata(connection, timeout, url, location.as_ref()).await;
        if location.is_some() && fetched.as_ref().is_err_and(|error| !error.is_transient()) {
            self.lose_metadata();
        }
        fetched.map_err(|error| {
            let step = format!("asking {} for its metadata", self.settings.shown());
            error.at_step(step)
        })
    }

    /// The server of a login, wherever the resource leads today.
    pub(super) async fn known_server(
        &self,
        services: &Services,
        login: &ResourceLogin,
    ) -> Result<FoundServer, Error> {
        if self.settings.missing_metadata == MissingMetadata::OriginIsServer {
            let url = self.url()?;
            if url.origin().ascii_serialization() == login.issuer {
                return origin_as_server(services, url).await;
            }
        }
        let names = services.shared.connection.transport.localhost_names();
        let issuer = Issuer::parse_with(&login.issuer, names);
        let issuer = issuer.map_err(|error| Error::configuration(error.to_string()))?;
        let metadata = services.shared.metadata.get(&issuer).await;
        let metadata = metadata.map_err(|error| Error::from(error).at_step(&login.issuer))?;
        let near = self.settings.check_endpoints(&metadata, names);
        near.map_err(|why| Error::configuration(why).at_step(&login.issuer))?;
        Ok(FoundServer {
            issuer: login.issuer.clone(),
            server: ServerConfig {
                issuer: Some(issuer),
                ..ServerConfig::default()
            },
            metadata: Some(metadata),
            resource: login.resource.clone(),
            scopes: Vec::new(),
        })
    }

    /// The first server of the resource that has metadata and at which this program can be a client.
    pub(super) async fn find_server(&self, services: &Services) -> Result<FoundServer, Error> {
        let url = self.url()?;
        let Some(metadata) = self.resource_metadata(services).await? else {
            return match self.settings.missing_metadata {
                MissingMetadata::OriginIsServer => origin_as_server(services, url).await,
                MissingMetadata::Refused => Err(Error::configuration(format!(
                    "{} has no metadata that names its authorization server (RFC 9728); if it \
                     follows the Model Context Protocol of 2025-03-26, accept that by \
                     \"danger_without_resource_metadata\"",
                    self.settings.shown()
                ))),
            };
        };
        if metadata.dpop_bound_access_tokens_required && services.dpop_key.is_none() {
            return Err(Error::configuration(format!(
                "{} takes only tokens that are bound to a key \
                 (\"dpop_bound_access_tokens_required\"): build its tokens with \"dpop\"",
                self.settings.shown()
            )));
        }
        let names = services.shared.connection.transport.localhost_names();
        let mut failures = Vec::new();
        for issuer in metadata.authorization_servers.iter().take(MAX_SERVERS) {
            let found = match services.shared.metadata.get(issuer).await {
                Ok(published) => FoundServer {
                    issuer: issuer.as_str().to_owned(),
                    server: ServerConfig {
                        issuer: Some(issuer.clone()),
                        ..ServerConfig::default()
                    },
                    metadata: Some(published),
                    resource: metadata.resource.clone(),
                    scopes: metadata.scopes_supported.clone(),
                },
                Err(error) => {
                    failures.push(Error::from(error).at_step(issuer));
                    continue;
                }
            };
            match self.settings.check_server(&found, names) {
                Ok(()) => return Ok(found),
                Err(why) => failures.push(Error::configuration(why).at_step(issuer)),
            }
        }
        let untried = metadata
            .authorization_servers
            .len()
            .saturating_sub(MAX_SERVERS);
        let step = format!(
            "finding an authorization server of {}",
            self.settings.shown()
        );
        Err(no_server(failures, untried).at_step(step))
    }
}

/// The error where no server can be used. It is transient if one of them may be there later.
fn no_server(mut failures: Vec<Error>, untried: usize) -> Error {
    if let Some(at) = failures.iter().position(Error::is_transient) {
        return failures.swap_remove(at);
    }
    if failures.len() == 1 && untried == 0 {
        return failures.swap_remove(0);
    }
    if failures.is_empty() {
        return Error::configuration(
            "its metadata names none that can be used in \"authorization_servers\"",
        );
    }
    let mut failures: Vec<_> = failures.iter().map(Error::to_string).collect();
    if untried > 0 {
        failures.push(format!("{untried} more were not tried"));
    }
    Error::configuration(failures.join("; "))
}

/// The server of the specification of 2025-03-26: the origin of the resource, whose endpoints are at
/// the root if there is no metadata that says where.
async fn origin_as_server(services: &Services, url: &Url) -> Result<FoundServer, Error> {
    let origin = url.origin().ascii_serialization();
    let names: LocalhostNames = services.shared.connection.transport.localhost_names();
    let issuer = Issuer::parse_with(&origin, names);
    let issuer = issuer.map_err(|error| Error::configuration(error.to_string()))?;
    let found = |server, metadata| FoundServer {
        issuer: origin.clone(),
        server,
        metadata,
        resource: canonical(url),
        scopes: Vec::new(),
    };
    match services.shared.metadata.get(&issuer).await {
        Ok(metadata) => {
            let server = ServerConfig {
                issuer: Some(issuer),
                ..ServerConfig::default()
            };
            Ok(found(server, Some(metadata)))
        }
        Err(DiscoveryError::NotFound(_)) => {
            let mut server = ServerConfig {
                // That specification asks PKCE of everybody.
                pkce: Pkce::S256,
                ..ServerConfig::default()
            };
            server.endpoints.authorization = Some(issuer.join("/authorize"));
            server.endpoints.token = Some(issuer.join("/token"));
            server.endpoints.registration = Some(issuer.join("/register"));
            Ok(found(server, None))
        }
        Err(error) => Err(Error::from(error).at_step(&origin)),
    }
}

/// The identifier of a resource that publishes none: its URL, without the slash of an empty path.
fn canonical(url: &Url) -> String {
    let text = url.as_str();
    match url.path() == "/" && url.query().is_none() {
        true => text.trim_end_matches('/').to_owned(),
        false => text.to_owned(),
    }
}
