//! Making the connections of the pool, and closing those that broke.

use std::time::Duration;

use deadpool::managed::{Manager, Metrics, RecycleError, RecycleResult};
use grantor_store::{Applied, Error};
use grantor_store_connection::Hosts;
use tokio::time::timeout;
use tokio_postgres::Config;

use crate::connection::Connection;
use crate::error::not_opened;
use crate::tls::MakeTls;

/// Makes connections to the host that takes writes.
pub(crate) struct ConnectionManager {
    pub(crate) hosts: Hosts<Config>,
    pub(crate) tls: MakeTls,
    pub(crate) connect_timeout: Duration,
}

impl ConnectionManager {
    pub(crate) async fn connect(&self) -> Result<Connection, Error> {
        let open = |config| Connection::open(config, &self.tls);
        self.hosts.connect(open).await
    }
}

impl Manager for ConnectionManager {
    type Type = Connection;
    type Error = Error;

    async fn create(&self) -> Result<Connection, Error> {
        let mut connection = self.connect().await?;
        let prepared = timeout(self.connect_timeout, connection.prepare()).await;
        prepared
            .map_err(|_| Error::unavailable("PostgreSQL does not answer", Applied::No))?
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
