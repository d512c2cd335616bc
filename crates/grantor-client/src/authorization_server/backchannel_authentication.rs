//! The backchannel authentication endpoint (CIBA Core section 7).

use grantor_core::{BackchannelAuthenticationRequest, BackchannelAuthenticationResponse};
use grantor_jose::jwt::Typ;
use serde_json::Value;

use super::AuthorizationServer;
use super::endpoint::Endpoint;
use super::request_object::{RequestSigning, check_algorithm};
use crate::error::Error;
use crate::observe::hooks::RequestKind;

/// The algorithms of signed requests that a server takes (CIBA Core section 4).
const ALGORITHMS: &str = "backchannel_authentication_request_signing_alg_values_supported";
/// The ways in which a server gives tokens (section 4).
const MODES: &str = "backchannel_token_delivery_modes_supported";

impl AuthorizationServer {
    /// Requests that a user be asked.
    pub(crate) async fn authenticate_by_backchannel(
        &self,
        request: &BackchannelAuthenticationRequest,
        signing: Option<&RequestSigning>,
    ) -> Result<BackchannelAuthenticationResponse, Error> {
        let metadata = self.published_metadata().await?;
        let modes = metadata
            .as_ref()
            .and_then(|it| it.extra.get(MODES)?.as_array());
        let pings = |modes: &Vec<Value>| modes.iter().any(|mode| mode == "ping");
        if request.client_notification_token.is_some() && modes.is_some_and(|it| !pings(it)) {
            return Err(Error::configuration(format!(
                "{} does not notify clients (\"{MODES}\" has no \"ping\"): leave \"ping\" out",
                self.registration.name()
            )));
        }
        let signed = match signing {
            None => None,
            Some(signing) => {
                let key = self.request_key(signing)?;
                check_algorithm(key, metadata.as_deref(), ALGORITHMS)?;
                Some(
                    self.sign_request(key, Typ::JWT, request.to_claims())
                        .await?,
                )
            }
        };
        let write = |url: &_, client: &_, quirks: &_| match &signed {
            None => request.to_request(url, client, quirks),
            Some(signed) => {
                BackchannelAuthenticationRequest::signed_to_request(signed, url, client, quirks)
            }
        };
        let kind = RequestKind::BackchannelAuthentication;
        let call = self.call(kind, Endpoint::BackchannelAuthentication, write);
        let answer = call.await?.send().await?;
        let quirks = &self.registration.server.quirks;
        Ok(BackchannelAuthenticationResponse::from_response(
            &answer, quirks,
        )?)
    }
}
