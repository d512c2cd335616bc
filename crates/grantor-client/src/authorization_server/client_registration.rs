//! Registering a client, and changing its registration (RFC 7591, RFC 7592). No client authenticates
//! there: a token of its own says who may ask.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use grantor_core::{
    ApplicationType, ClientInformation, ClientMetadata, ClientRegistrationError,
    ClientRegistrationRequest,
};
use grantor_http::Transport;
use http::Response;
use url::Url;

use super::channel::ServerChannel;
use super::connection::Connection;
use crate::error::Error;
use crate::observe::hooks::RequestKind;

/// The way to a registration endpoint, or to the registration of one client.
pub(crate) struct RegistrationChannel(ServerChannel);

impl RegistrationChannel {
    pub(crate) fn new(connection: &Arc<Connection>, timeout: Duration) -> Self {
        let kind = RequestKind::ClientRegistration;
        Self(ServerChannel::new(Arc::clone(connection), kind, timeout))
    }

    /// Registers, reads or changes a client.
    pub(crate) async fn request(
        &self,
        url: &Url,
        request: &ClientRegistrationRequest,
    ) -> Result<ClientInformation, Error> {
        let answer = self.send(url, request).await?;
        Ok(ClientInformation::from_response(&answer)?)
    }

    /// Removes a client.
    pub(crate) async fn delete(
        &self,
        url: &Url,
        request: &ClientRegistrationRequest,
    ) -> Result<(), Error> {
        let answer = self.send(url, request).await?;
        Ok(ClientRegistrationError::check_deleted(&answer)?)
    }

    async fn send(
        &self,
        url: &Url,
        request: &ClientRegistrationRequest,
    ) -> Result<Response<Bytes>, Error> {
        if !self.0.localhost_names().is_secure(url) {
            return Err(Error::refused(
                "the URL of the client's registration is not https, and its token goes nowhere else",
            ));
        }
        Ok(self.0.send(request.to_request(url)).await?)
    }
}

/// The metadata of a client with an `application_type` that fits its redirect URIs (OpenID Connect
/// Registration section 2): without one a server takes it for a web application, whose redirect URIs
/// are https.
pub(crate) fn with_application_type(mut metadata: ClientMetadata) -> ClientMetadata {
    if metadata.application_type.is_none() && !metadata.redirect_uris.is_empty() {
        let mut uris = metadata.redirect_uris.iter();
        let is_web = uris.all(|uri| {
            let url = Url::parse(uri.as_str());
            url.is_ok_and(|url| url.scheme() == "https" && !grantor_core::is_loopback(&url))
        });
        metadata.application_type = Some(match is_web {
            true => ApplicationType::Web,
            false => ApplicationType::Native,
        });
    }
    metadata
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_application_type_fits_the_redirect_uri() {
        for (uris, expected) in [
            (&["https://app.example/cb"][..], "web"),
            (&["http://127.0.0.1:8000/cb"], "native"),
            (&["http://localhost/cb"], "native"),
            (&["https://localhost/cb"], "native"),
            (&["com.example.app:/cb"], "native"),
            (&["https://app.example/cb", "http://[::1]/cb"], "native"),
        ] {
            let mut metadata = ClientMetadata::default();
            metadata.redirect_uris = uris.iter().map(|uri| uri.parse().unwrap()).collect();
            let metadata = with_application_type(metadata);
            assert_eq!(metadata.application_type.unwrap().as_str(), expected);
        }
        let nowhere = with_application_type(ClientMetadata::default());
        assert_eq!(nowhere.application_type, None);
        let mut said = ClientMetadata::default();
        said.redirect_uris = vec!["https://app.example/cb".parse().unwrap()];
        said.application_type = Some(ApplicationType::Native);
        assert_eq!(with_application_type(said.clone()), said);
    }
}
