//! Which host to connect to: the first of several that takes writes.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use deadpool::managed::{Manager, Metrics, RecycleError, RecycleResult};
use grantor_store::{Applied, Error};
use mysql_async::Opts;
use tokio::time;

use crate::connection::{Connection, NotConnected};
use crate::error::not_opened;

/// A connection that was idle for longer is asked whether it lives before it has a statement: the
/// server may have closed it since, and a removal that gets no answer has an unknown outcome.
const TRUSTED_IDLE: Duration = Duration::from_secs(1);

/// One host.
pub(crate) struct Host {
    /// For messages.
    pub(crate) name: String,
    pub(crate) options: Opts,
}

/// The hosts of one database.
pub(crate) struct Hosts {
    hosts: Vec<Host>,
    connect_timeout: Duration,
    timeout: Duration,
    /// The one that took writes last.
    last: AtomicUsize,
}

impl Hosts {
    pub(crate) fn new(hosts: Vec<Host>, connect_timeout: Duration, timeout: Duration) -> Self {
        Self {
            hosts,
            connect_timeout,
            timeout,
            last: AtomicUsize::new(0),
        }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.hosts.len()
    }

    /// Connects to the first that takes writes, beginning with the one that did last. Each has the
    /// same time, so one that hangs does not keep the others from being tried.
    pub(crate) async fn connect(&self) -> Result<Connection, Error> {
        let (count, first) = (self.hosts.len(), self.last.load(Ordering::Relaxed));
        let mut failures = Vec::new();
        for index in (first..first + count).map(|index| index % count) {
            let host = &self.hosts[index];
            let opening = Connection::open(&host.options, self.timeout);
            let failure = match time::timeout(self.connect_timeout, opening).await {
                Ok(Ok(connection)) => {
                    self.last.store(index, Ordering::Relaxed);
                    return Ok(connection);
                }
                Ok(Err(NotConnected::Failed(error))) => not_opened(&error),
                Ok(Err(NotConnected::ReadOnly)) => unavailable("it takes no writes"),
                Err(_) => unavailable("it does not answer"),
            };
            failures.push((&host.name, failure));
        }
        Err(all_failed(&failures))
    }
}

fn unavailable(message: &str) -> Error {
    Error::unavailable(message, Applied::No)
}

fn all_failed(failures: &[(&String, Error)]) -> Error {
    let configuration = failures.iter().all(|(_, error)| error.is_configuration());
    let texts: Vec<_> = failures
        .iter()
        .map(|(name, error)| format!("{name}: {error}"))
        .collect();
    let message = format!("no MySQL server can be used: {}", texts.join("; "));
    match configuration {
        true => Error::configuration(message),
        false => Error::unavailable(message, Applied::No),
    }
}

impl Manager for Hosts {
    type Type = Connection;
    type Error = Error;

    async fn create(&self) -> Result<Connection, Error> {
        self.connect().await
    }

    async fn recycle(
        &self,
        connection: &mut Connection,
        metrics: &Metrics,
    ) -> RecycleResult<Error> {
        if metrics.last_used() < TRUSTED_IDLE {
            return Ok(());
        }
        match time::timeout(self.connect_timeout, connection.ping()).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(RecycleError::message("closed")),
        }
    }
}
