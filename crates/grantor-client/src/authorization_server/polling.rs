//! Asking for a token until a user has decided elsewhere: on another device (RFC 8628 section 3.4), or asked by
//! the server (CIBA Core section 10).

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use grantor_core::exchange::Polling;
use grantor_core::{
    BackchannelAuthenticationResponse, DeviceAuthorizationResponse, GrantParameters,
    TokenParameters,
};
use http::Request;
use tokio::sync::Notify;

use super::AuthorizationServer;
use super::call::Call;
use super::endpoint::Endpoint;
use super::sent_at::{SentAt, WithinLease};
use super::token_endpoint::{TokenAnswer, TokenCall};
use crate::error::Error;
use crate::observe::hooks::RequestKind;
use crate::runtime::tasks::Tasks;
use crate::token::dpop_key::DpopKey;

/// How seldom a client asks that is notified, in case the notification is lost.
const NOTIFIED_INTERVAL: Duration = Duration::from_secs(60);

impl AuthorizationServer {
    /// Requests the token of a device until its user has decided.
    pub(crate) async fn poll_device(
        &self,
        device: &DeviceAuthorizationResponse,
        wanted: (&TokenParameters, Option<DpopKey>),
        tasks: &Tasks,
    ) -> Result<TokenAnswer, Error> {
        let grant = GrantParameters::DeviceCode {
            device_code: device.device_code.clone(),
        };
        let exchange = |request| Polling::of_device(request, device);
        self.poll((&grant, None), wanted, exchange, tasks).await
    }

    /// Requests the token of a user who was asked without a browser, until they have decided: at the
    /// server's pace, or once it has notified the client.
    pub(crate) async fn poll_backchannel(
        &self,
        asked: &BackchannelAuthenticationResponse,
        notified: Option<&Arc<Notify>>,
        wanted: (&TokenParameters, Option<DpopKey>),
        tasks: &Tasks,
    ) -> Result<TokenAnswer, Error> {
        let grant = GrantParameters::Ciba {
            auth_req_id: asked.auth_req_id.clone(),
        };
        let exchange = |request| {
            let polling = Polling::of_backchannel(request, asked);
            match notified {
                Some(_) => polling.seldom(NOTIFIED_INTERVAL),
                None => polling,
            }
        };
        self.poll((&grant, notified), wanted, exchange, tasks).await
    }

    async fn poll(
        &self,
        (grant, notified): (&GrantParameters, Option<&Arc<Notify>>),
        (parameters, dpop_key): (&TokenParameters, Option<DpopKey>),
        exchange: impl FnOnce(Request<Bytes>) -> Polling,
        tasks: &Tasks,
    ) -> Result<TokenAnswer, Error> {
        self.check_dpop(dpop_key.as_ref()).await?;
        let request = self.token_request(grant, parameters);
        let write = |url: &_, client: &_, quirks: &_| {
            let mut request = request.to_request_with(url, client, quirks);
            TokenCall::prove(&mut request, dpop_key.as_ref());
            request
        };
        let call = self
            .call(RequestKind::Token, Endpoint::Token, write)
            .await?;
        let (request, channel, connection) = call.into_parts();
        let exchange = exchange(request).with_quirks(self.registration.server.quirks);
        let exchange = SentAt::new(WithinLease::new(exchange, None, tasks));
        let driven = Call::drive_until(&channel, exchange, &connection, (tasks, notified));
        let ((answer, sent_at), cause) = driven.await;
        match answer {
            Some(Ok(response)) => Ok(TokenAnswer {
                response,
                sent_at,
                dpop_key,
            }),
            Some(Err(error)) => Err(Error::polling(error, cause)),
            None => Err(Error::configuration(
                "the tokens were closed before the user had decided",
            )),
        }
    }
}
