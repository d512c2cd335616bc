//! How requests go to the authorization server: signed, with the user's hooks around them, within a time,
//! and not while the server asked to be left alone.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use grantor_core::{BoxFuture, Environment};
use grantor_http::{Transport, TransportError};
use http::{Request, Response};

use super::assertion::sign_on_send::SignOnSend;
use super::redact::SentSecrets;
use super::throttle::Throttle;
use crate::error::Error;
use crate::observe::hooks::{Hooks, RequestKind};

/// A transport for one kind of request.
#[derive(Debug, Clone)]
pub(crate) struct ServerChannel {
    pub(crate) call: RequestKind,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) hooks: Arc<Hooks>,
    /// How long a request may take.
    pub(crate) timeout: Duration,
    pub(crate) environment: Environment,
    /// What is noted of answers.
    pub(crate) throttle: Option<Arc<Throttle>>,
    /// Why the last request was not signed.
    pub(crate) unsigned: Arc<Mutex<Option<Error>>>,
}

impl ServerChannel {
    /// Why the last request was not sent, if that is because it could not be signed.
    pub(crate) fn unsigned(&self) -> Option<Error> {
        let unsigned = self.unsigned.lock();
        unsigned.unwrap_or_else(PoisonError::into_inner).take()
    }

    async fn sign(&self, request: &mut Request<Bytes>) -> Result<(), TransportError> {
        let signed = SignOnSend::sign(request, &self.environment).await;
        let error = signed.map_err(Error::from);
        let unsigned = self.unsigned.lock();
        *unsigned.unwrap_or_else(PoisonError::into_inner) = error.as_ref().err().cloned();
        error.map_err(|error| TransportError::unsent(error.to_string()).with_source(error))
    }
}

impl Transport for ServerChannel {
    fn send(
        &self,
        mut request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        Box::pin(async move {
            let round = async {
                self.sign(&mut request).await?;
                self.hooks.on_request(self.call, &mut request).await;
                let sent = SentSecrets::of(&request);
                let mut response = self.transport.send(request).await?;
                self.hooks.on_response(self.call, &mut response).await;
                sent.redact(&mut response);
                if let Some(throttle) = &self.throttle {
                    throttle.observe(&response, self.environment.clock.elapsed());
                }
                Ok(response)
            };
            match tokio::time::timeout(self.timeout, round).await {
                Ok(answer) => answer,
                Err(_) => Err(TransportError::unknown(format!(
                    "no answer within {} s",
                    self.timeout.as_secs_f32()
                ))),
            }
        })
    }
}
