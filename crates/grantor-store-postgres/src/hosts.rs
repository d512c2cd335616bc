//! Which host to connect to: the one of several that takes writes.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use deadpool::managed::{Manager, Metrics, RecycleError, RecycleResult};
use grantor_store::{Applied, Error};
use tokio::time::timeout;
use tokio_postgres::Config;
use tokio_postgres::config::Host;

use crate::connection::{Connection, NotConnected};
use crate::error::not_opened;
use crate::tls::Tls;

/// The hosts of one database.
pub(crate) struct Hosts {
    configs: Vec<Config>,
    tls: Tls,
    connect_timeout: Duration,
    /// The one that took writes last.
    last: AtomicUsize,
}

impl Hosts {
    pub(crate) fn new(configs: Vec<Config>, tls: Tls, connect_timeout: Duration) -> Self {
        Self {
            configs,
            tls,
            connect_timeout,
            last: AtomicUsize::new(0),
        }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.configs.len()
    }

    /// Connects to the first that takes writes, beginning with the one that did last. Each has the
    /// same time, so one that hangs does not keep the others from being tried.
    pub(crate) async fn connect(&self) -> Result<Connection, Error> {
        let (count, first) = (self.configs.len(), self.last.load(Ordering::Relaxed));
        let mut failures = Vec::new();
        for index in (first..first + count).map(|index| index % count) {
            let config = &self.configs[index];
            let opened = timeout(self.connect_timeout, Connection::open(config, &self.tls));
            let failure = match opened.await {
                Ok(Ok(connection)) => {
                    self.last.store(index, Ordering::Relaxed);
                    return Ok(connection);
                }
                Ok(Err(NotConnected::Failed(error))) => not_opened(&error),
                Ok(Err(NotConnected::ReadOnly)) => unavailable("it is a standby"),
                Err(_) => unavailable("it does not answer"),
            };
            failures.push((name(config), failure));
        }
        Err(all_failed(failures))
    }
}

fn unavailable(message: &str) -> Error {
    Error::unavailable(message, Applied::No)
}

fn all_failed(failures: Vec<(String, Error)>) -> Error {
    let configuration = failures.iter().all(|(_, error)| error.is_configuration());
    let texts: Vec<_> = failures
        .into_iter()
        .map(|(name, error)| format!("{name}: {error}"))
        .collect();
    let message = format!("no PostgreSQL server can be used: {}", texts.join("; "));
    match configuration {
        true => Error::configuration(message),
        false => Error::unavailable(message, Applied::No),
    }
}

/// Returns the name of a host in messages.
fn name(config: &Config) -> String {
    let port = config.get_ports().first().copied().unwrap_or_default();
    match config.get_hosts().first() {
        Some(Host::Tcp(name)) => format!("{name}:{port}"),
        Some(Host::Unix(path)) => format!("{}, port {port}", path.display()),
        None => String::new(),
    }
}

impl Manager for Hosts {
    type Type = Connection;
    type Error = Error;

    async fn create(&self) -> Result<Connection, Error> {
        let mut connection = self.connect().await?;
        let prepared = timeout(self.connect_timeout, connection.prepare()).await;
        prepared
            .map_err(|_| unavailable("PostgreSQL does not answer"))?
            .map_err(|error| not_opened(&error))?;
        Ok(connection)
    }

    async fn recycle(&self, connection: &mut Connection, _: &Metrics) -> RecycleResult<Error> {
        match connection.is_closed() {
            true => Err(RecycleError::message("closed")),
            false => Ok(()),
        }
    }
}
