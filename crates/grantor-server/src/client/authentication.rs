//! Who asks at the token endpoint and its neighbours.

use std::sync::Arc;

use grantor_core::{ClientAuthentication, ErrorCode, Params, RequestView};
use http::HeaderMap;

use crate::server::Inner;
use crate::{Client, Error};

impl Inner {
    /// The client that a request proves to come from.
    pub(crate) async fn authenticate(
        &self,
        headers: &HeaderMap,
        params: &Params<'_>,
    ) -> Result<Arc<Client>, Error> {
        let presented = ClientAuthentication::from_request(&RequestView::new(headers, params))?;
        if matches!(presented, ClientAuthentication::Assertion { .. }) {
            let description = "clients can't authenticate with an assertion here";
            return Err(Error::refused(ErrorCode::InvalidClient, description));
        }
        let client = self.clients.find(presented.client_id()).await?;
        // One answer for an unknown client and a wrong secret.
        let client = client.ok_or_else(wrong)?;
        let proved = match presented.client_secret() {
            None => client.public,
            Some(_) if client.public => false,
            Some(secret) => self.clients.verify_secret(&client, secret).await?,
        };
        if proved { Ok(client) } else { Err(wrong()) }
    }
}

fn wrong() -> Error {
    let description = "the client is unknown, or its authentication is wrong";
    Error::refused(ErrorCode::InvalidClient, description)
}
