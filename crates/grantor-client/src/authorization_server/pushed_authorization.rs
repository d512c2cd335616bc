//! The pushed authorization request endpoint (RFC 9126).

use grantor_core::{AuthorizationRequest, PushedAuthorizationResponse};

use super::AuthorizationServer;
use super::endpoint::Endpoint;
use crate::error::Error;
use crate::observe::hooks::RequestKind;

impl AuthorizationServer {
    /// Pushes an authorization request, and returns the text that stands for it.
    pub(super) async fn push_authorization(
        &self,
        request: &AuthorizationRequest,
    ) -> Result<String, Error> {
        let write =
            |url: &_, client: &_, quirks: &_| request.to_pushed_request(url, client, quirks);
        let kind = RequestKind::PushedAuthorization;
        let call = self
            .call(kind, Endpoint::PushedAuthorization, write)
            .await?;
        let answer = call.send().await?;
        let quirks = &self.registration.server.quirks;
        let pushed = PushedAuthorizationResponse::from_response(&answer, quirks)?;
        Ok(pushed.request_uri)
    }
}
