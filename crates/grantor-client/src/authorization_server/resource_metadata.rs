//! The metadata of a protected resource, which names its authorization servers (RFC 9728).

use std::sync::Arc;
use std::time::Duration;

use grantor_core::ProtectedResourceMetadata;
use grantor_core::exchange::{ResourceDiscovery, ResourceDiscoveryError};
use grantor_http::{Transport, drive};
use url::Url;

use super::channel::ServerChannel;
use super::connection::Connection;
use crate::error::Error;
use crate::observe::hooks::RequestKind;

/// Fetches the metadata of the resource at `url`: from the location that its challenge named, or else
/// from its well-known places. None: there is nothing at those.
pub(crate) async fn resource_metadata(
    connection: &Arc<Connection>,
    timeout: Duration,
    url: &Url,
    location: Option<&Url>,
) -> Result<Option<ProtectedResourceMetadata>, Error> {
    let channel = ServerChannel::new(Arc::clone(connection), RequestKind::Discovery, timeout);
    let names = channel.localhost_names();
    let discovery = match location {
        Some(location) if !ProtectedResourceMetadata::may_refer(url, location, names) => {
            return Err(Error::configuration(
                "its challenge names a \"resource_metadata\" that is not https, or that is on this \
                 machine though the resource is not",
            ));
        }
        Some(location) => ResourceDiscovery::at(url.clone(), location.clone()),
        None => ResourceDiscovery::new(url.clone()),
    };
    let discovery = discovery.localhost_names(names);
    match drive(discovery, &channel, &connection.environment).await {
        Ok(metadata) => Ok(Some(metadata)),
        Err(ResourceDiscoveryError::NotFound(_)) if location.is_none() => Ok(None),
        Err(error) => Err(error.into()),
    }
}
