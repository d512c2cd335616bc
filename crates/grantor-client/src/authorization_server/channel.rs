//! How requests go to the authorization server: signed, with the user's hooks around them, within a time,
//! and not while the server asked to be left alone.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use grantor_core::{BoxFuture, Environment};
use grantor_http::{Transport, TransportError};
use http::{Request, Response};

use super::assertion::sign_on_send::Unsigned;
use super::redact::Sent;
use super::throttle::Throttle;
use crate::error::Error;
use crate::observe::hooks::{Call, Hooks};

/// A transport for one kind of request.
#[derive(Debug, Clone)]
pub(crate) struct Wire {
    pub(crate) call: Call,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) hooks: Arc<Hooks>,
    /// How long a request may take.
    pub(crate) limit: Duration,
    pub(crate) environment: Environment,
    /// What is noted of answers.
    pub(crate) throttle: Option<Arc<Throttle>>,
    /// Why the last request was not signed.
    pub(crate) unsigned: Arc<Mutex<Option<Error>>>,
}

impl Wire {
    /// Why the last request was not sent, if that is because it could not be signed.
    pub(crate) fn unsigned(&self) -> Option<Error> {
        let unsigned = self.unsigned.lock();
        unsigned.unwrap_or_else(PoisonError::into_inner).take()
    }

    async fn sign(&self, request: &mut Request<Bytes>) -> Result<(), TransportError> {
        let signed = Unsigned::sign(request, &self.environment).await;
        let error = signed.map_err(Error::from);
        let unsigned = self.unsigned.lock();
        *unsigned.unwrap_or_else(PoisonError::into_inner) = error.as_ref().err().cloned();
        error.map_err(|error| TransportError::unsent(error.to_string()).with_source(error))
    }
}

impl Transport for Wire {
    fn send(
        &self,
        mut request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        Box::pin(async move {
            let round = async {
                self.sign(&mut request).await?;
                self.hooks.on_request(self.call, &mut request).await;
                let sent = Sent::of(&request);
                let mut response = self.transport.send(request).await?;
                self.hooks.on_response(self.call, &mut response).await;
                sent.take_out_of(&mut response);
                if let Some(throttle) = &self.throttle {
                    throttle.observe(&response, self.environment.clock.elapsed());
                }
                Ok(response)
            };
            match tokio::time::timeout(self.limit, round).await {
                Ok(answer) => answer,
                Err(_) => Err(TransportError::unknown(format!(
                    "no answer within {} s",
                    self.limit.as_secs_f32()
                ))),
            }
        })
    }
}
