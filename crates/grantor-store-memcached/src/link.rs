//! The way of an operation to the server that has its key.

use std::sync::Arc;
use std::time::Duration;

use grantor_store::Error;
use grantor_store_connection::{Effect, check_runtime, in_doubt, timed_out};
use tokio::time::{Instant, timeout, timeout_at};

use crate::connection::Connection;
use crate::error::{Failure, unreachable};
use crate::servers::{Access, Server, place};
use crate::url::Location;

/// How often an operation is tried whose connection broke.
const MAX_TRIES: usize = 3;

/// The servers of a store.
pub(crate) struct Link {
    servers: Vec<Server>,
    access: Access,
    timeout: Duration,
    connect_timeout: Duration,
}

impl Link {
    pub(crate) fn new(location: Location) -> Self {
        Self {
            servers: location.addresses.into_iter().map(Server::new).collect(),
            access: location.access,
            timeout: location.options.timeout,
            connect_timeout: location.options.connect_timeout,
        }
    }

    pub(crate) fn servers(&self) -> &[Server] {
        &self.servers
    }

    /// Runs an operation on the server of a key, and again on a new connection if the first one broke
    /// and it may be repeated.
    pub(crate) async fn run<T, F: Future<Output = Result<T, Failure>>>(
        &self,
        name: &str,
        effect: Effect,
        operation: impl Fn(Arc<Connection>) -> F,
    ) -> Result<T, Error> {
        let server = self.servers.get(place(&self.servers, name));
        let server = server.ok_or_else(|| Error::configuration("memcached has no server"))?;
        self.run_on(server, effect, operation).await
    }

    /// Runs an operation on one server.
    pub(crate) async fn run_on<T, F: Future<Output = Result<T, Failure>>>(
        &self,
        server: &Server,
        effect: Effect,
        operation: impl Fn(Arc<Connection>) -> F,
    ) -> Result<T, Error> {
        check_runtime("memcached")?;
        let deadline = Instant::now() + self.timeout;
        let settled = |error: Error, doubtful| match doubtful {
            true => in_doubt(&error),
            false => error,
        };
        let (mut tried, mut doubtful) = (0, false);
        loop {
            let connection = self.connect(server, deadline).await;
            let connection = connection.map_err(|error| settled(error, doubtful))?;
            tried += 1;
            let failure = match timeout_at(deadline, operation(Arc::clone(&connection))).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(failure)) => failure,
                Err(_) => {
                    server.shared.forget(&connection);
                    return Err(timed_out("memcached", effect));
                }
            };
            server.shared.forget(&connection);
            let again = effect != Effect::Once && tried < MAX_TRIES;
            if !matches!(failure, Failure::Lost(_)) || !again {
                return Err(settled(failure.settle(effect), doubtful));
            }
            doubtful |= effect != Effect::Reads;
        }
    }

    async fn connect(&self, server: &Server, deadline: Instant) -> Result<Arc<Connection>, Error> {
        if let Some(open) = server.shared.current() {
            return Ok(open);
        }
        let opening = server.shared.get_or_connect(server.connect(&self.access));
        let opening = timeout(self.connect_timeout, opening);
        match timeout_at(deadline, opening).await {
            Ok(Ok(opened)) => opened,
            _ => {
                let server = server.address.to_string();
                Err(unreachable(&server, "it does not answer"))
            }
        }
    }
}
