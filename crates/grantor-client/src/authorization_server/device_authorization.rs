//! The device authorization endpoint (RFC 8628 section 3.1).

use grantor_core::{DeviceAuthorizationRequest, DeviceAuthorizationResponse, TokenParameters};

use super::AuthorizationServer;
use super::endpoint::Endpoint;
use crate::error::Error;
use crate::observe::hooks::RequestKind;

impl AuthorizationServer {
    /// Requests the codes of a device and of its user.
    pub(crate) async fn authorize_device(
        &self,
        parameters: &TokenParameters,
    ) -> Result<DeviceAuthorizationResponse, Error> {
        let audience = parameters.audience.iter();
        let audience = audience.map(|audience| ("audience".to_owned(), audience.clone()));
        let details = parameters.authorization_details.iter();
        let details = details.map(|it| ("authorization_details".to_owned(), it.to_string()));
        let further = audience.chain(details);
        let request = DeviceAuthorizationRequest {
            scope: parameters.scope.clone(),
            resource: parameters.resource.clone(),
            extra: further.chain(parameters.extra.iter().cloned()).collect(),
        };
        let write = |url: &_, client: &_, quirks: &_| request.to_request(url, client, quirks);
        let kind = RequestKind::DeviceAuthorization;
        let call = self
            .call(kind, Endpoint::DeviceAuthorization, write)
            .await?;
        let answer = call.send().await?;
        let quirks = &self.registration.server.quirks;
        let names = self.connection.transport.localhost_names();
        let response = DeviceAuthorizationResponse::from_response_with(&answer, quirks, names);
        Ok(response?)
    }
}
