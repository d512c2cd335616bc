//! How one request goes to the authorization server: signed, with the program's hooks around it,
//! within a time, and with what was sent taken out of an error that answers it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use grantor_core::{BoxFuture, LocalhostNames};
use grantor_http::{Transport, TransportError};
use http::{Request, Response};
use url::Url;

use super::assertion::sign_on_send::SignOnSend;
use super::connection::Connection;
use super::proof_on_send::{ProofOnSend, wants_nonce};
use super::redact::SentSecrets;
use crate::error::Error;
use crate::observe::hooks::RequestKind;
use crate::runtime::caught::Panicked;

/// A transport for one kind of request.
#[derive(Debug, Clone)]
pub(crate) struct ServerChannel {
    connection: Arc<Connection>,
    kind: RequestKind,
    /// The endpoint whose `Retry-After` is noted, if it has one.
    endpoint: Option<Url>,
    /// How long a request may take.
    timeout: Duration,
}

impl ServerChannel {
    /// For requests of a kind that no endpoint throttles: discovery.
    pub(crate) fn new(connection: Arc<Connection>, kind: RequestKind, timeout: Duration) -> Self {
        Self {
            connection,
            kind,
            endpoint: None,
            timeout,
        }
    }

    pub(super) fn to(mut self, endpoint: &Url) -> Self {
        self.endpoint = Some(endpoint.clone());
        self
    }

    /// Sends a request, and once more with the nonce that the server wants (RFC 9449 section 8).
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let again = ProofOnSend::is_in(&request).then(|| request.clone());
        let response = self.exchange_once(request).await?;
        match again.filter(|_| wants_nonce(&response)) {
            Some(request) => self.exchange_once(request).await,
            None => Ok(response),
        }
    }

    async fn exchange_once(
        &self,
        mut request: Request<Bytes>,
    ) -> Result<Response<Bytes>, TransportError> {
        let connection = &self.connection;
        let signed = SignOnSend::sign(&mut request, connection).await;
        signed.map_err(unsigned)?;
        ProofOnSend::sign(&mut request, &connection.nonces, &connection.environment)
            .map_err(unsigned)?;
        let hooked = connection.hooks.on_request(self.kind, &mut request).await;
        hooked.map_err(|Panicked| {
            TransportError::configuration("a hook of \"on_request\" panicked, so nothing was sent")
        })?;
        let (sent, uri) = (SentSecrets::of(&request), request.uri().clone());
        let mut response = connection.transport.send(request).await?;
        connection.hooks.on_response(self.kind, &mut response).await;
        sent.redact(&mut response);
        connection.nonces.learn(&uri, &response);
        if let Some(endpoint) = &self.endpoint {
            let now = connection.environment.clock.elapsed();
            connection.throttles.observe(endpoint, &response, now);
        }
        Ok(response)
    }
}

impl Transport for ServerChannel {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        Box::pin(async move {
            match tokio::time::timeout(self.timeout, self.exchange(request)).await {
                Ok(answer) => answer,
                Err(_) => Err(TransportError::unknown(format!(
                    "no answer within {} s",
                    self.timeout.as_secs_f32()
                ))),
            }
        })
    }

    fn localhost_names(&self) -> LocalhostNames {
        self.connection.transport.localhost_names()
    }
}

/// A request that was not sent because it could not be signed.
fn unsigned(error: Error) -> TransportError {
    TransportError::unsent(error.to_string()).with_source(error)
}

/// The error of [`unsigned`], if that is why a request got no answer.
pub(super) fn signing_error(cause: &TransportError) -> Option<Error> {
    let source = std::error::Error::source(cause)?;
    source.downcast_ref::<Error>().cloned()
}
