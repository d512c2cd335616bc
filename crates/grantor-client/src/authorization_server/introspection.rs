//! Token introspection (RFC 7662).

use grantor_core::{Introspection, IntrospectionRequest};

use super::AuthorizationServer;
use super::endpoint::Endpoint;
use crate::error::Error;
use crate::observe::hooks::RequestKind;

impl AuthorizationServer {
    /// Asks the server what it knows of a token.
    pub(crate) async fn introspect(
        &self,
        request: &IntrospectionRequest,
    ) -> Result<Introspection, Error> {
        let write = |url: &_, client: &_, quirks: &_| request.to_request_with(url, client, quirks);
        let call = self.call(RequestKind::Introspection, Endpoint::Introspection, write);
        let answer = call.await?.send_for_success().await?;
        Introspection::from_response(&answer).map_err(|error| {
            Error::refused(format!(
                "the answer of the introspection endpoint can't be read: {error}"
            ))
        })
    }
}
