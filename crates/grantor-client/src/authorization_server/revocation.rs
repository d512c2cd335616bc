//! Token revocation (RFC 7009).

use grantor_core::RevocationRequest;

use super::AuthorizationServer;
use super::endpoint::Endpoint;
use crate::error::Error;
use crate::observe::hooks::RequestKind;

impl AuthorizationServer {
    /// Revokes a token. One that is not valid is no error.
    pub(crate) async fn revoke(&self, request: &RevocationRequest) -> Result<(), Error> {
        let write = |url: &_, client: &_, quirks: &_| request.to_request_with(url, client, quirks);
        let call = self.call(RequestKind::Revocation, Endpoint::Revocation, write);
        call.await?.send_for_success().await.map(drop)
    }
}
