//! One request to an endpoint of the server. Every request but discovery begins here: its endpoint is
//! resolved, the client authenticates as the endpoint takes it, the server's quirks apply, and it is
//! sent over a [`ServerChannel`], which signs, runs the hooks, bounds the time and redacts.

use std::sync::Arc;

use bytes::Bytes;
use grantor_core::exchange::{Exchange, Retry};
use grantor_core::{ClientAuthentication, Quirks, TokenResponse};
use grantor_http::{Transport, TransportError, drive_with_cause};
use http::{Request, Response};
use tokio::sync::Notify;
use url::Url;

use super::AuthorizationServer;
use super::channel::ServerChannel;
use super::connection::Connection;
use super::endpoint::Endpoint;
use crate::error::Error;
use crate::observe::hooks::RequestKind;
use crate::runtime::tasks::Tasks;

/// A request, and the way to the server.
pub(super) struct Call {
    pub(super) request: Request<Bytes>,
    endpoint: Endpoint,
    url: Url,
    connection: Arc<Connection>,
    channel: ServerChannel,
}

impl AuthorizationServer {
    /// The request that `write` writes, to the endpoint for requests of this kind.
    pub(super) async fn call(
        &self,
        kind: RequestKind,
        endpoint: Endpoint,
        write: impl FnOnce(&Url, &ClientAuthentication, &Quirks) -> Request<Bytes>,
    ) -> Result<Call, Error> {
        let (url, client) = self.endpoint(endpoint).await?;
        let quirks = &self.registration.server.quirks;
        let mut request = write(&url, &client.authentication, quirks);
        client.sign(&mut request);
        let connection = Arc::clone(&self.connection);
        let channel = ServerChannel::new(Arc::clone(&connection), kind, self.timeout).to(&url);
        Ok(Call {
            request,
            endpoint,
            url,
            connection,
            channel,
        })
    }
}

impl Call {
    /// Sends it once, unless the endpoint asked not to be called yet.
    pub(super) async fn send(self) -> Result<Response<Bytes>, Error> {
        self.ensure_allowed(None, None).await?;
        Ok(self.channel.send(self.request).await?)
    }

    /// Sends it once, and reads an answer that is no success as the error of an endpoint.
    pub(super) async fn send_for_success(self) -> Result<Response<Bytes>, Error> {
        let name = self.endpoint.title();
        let answer = self.send().await?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        match TokenResponse::from_response(&answer) {
            Err(error) => Err(Error::at_endpoint(name, &error)),
            Ok(_) => Err(Error::refused(format!("the {name} answered with a token"))),
        }
    }

    /// Waits until the endpoint may be called, if that is soon enough for `retry`.
    pub(super) async fn wait_until_allowed(
        &self,
        retry: &Retry,
        tasks: &Tasks,
    ) -> Result<(), Error> {
        self.ensure_allowed(Some(retry), Some(tasks)).await
    }

    async fn ensure_allowed(
        &self,
        retry: Option<&Retry>,
        tasks: Option<&Tasks>,
    ) -> Result<(), Error> {
        let environment = &self.connection.environment;
        let now = environment.clock.elapsed();
        let Some(left) = self.connection.throttles.left(&self.url, now) else {
            return Ok(());
        };
        let patient = retry.is_some_and(|retry| retry.attempts > 1 && left <= retry.limit);
        match tasks.filter(|_| patient) {
            Some(tasks) if !tasks.closed_within(environment, left).await => Ok(()),
            _ => Err(Error::throttled(self.endpoint.title(), left)),
        }
    }

    /// Carries an exchange out. Pauses end when the tokens are closed. Also returns why the last
    /// request without an answer got none.
    pub(super) async fn drive<X: Exchange>(
        channel: &ServerChannel,
        exchange: X,
        connection: &Connection,
        tasks: &Tasks,
    ) -> (X::Output, Option<TransportError>) {
        Self::drive_until(channel, exchange, connection, (tasks, None)).await
    }

    /// Like [`drive`](Self::drive), with pauses that end early when somebody notifies.
    pub(super) async fn drive_until<X: Exchange>(
        channel: &ServerChannel,
        exchange: X,
        connection: &Connection,
        (tasks, notified): (&Tasks, Option<&Arc<Notify>>),
    ) -> (X::Output, Option<TransportError>) {
        let pause = |left| async move {
            let paused = tasks.closed_within(&connection.environment, left);
            match notified {
                None => drop(paused.await),
                Some(notified) => tokio::select! {
                    _ = paused => {}
                    () = notified.notified() => {}
                },
            }
        };
        drive_with_cause(exchange, channel, &connection.environment, pause).await
    }

    /// The request, and how it is sent.
    pub(super) fn into_parts(self) -> (Request<Bytes>, ServerChannel, Arc<Connection>) {
        (self.request, self.channel, self.connection)
    }
}
