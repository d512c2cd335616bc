//! Making the connections of the pool, and closing those that broke.

use std::time::Duration;

use deadpool::managed::{Manager, Metrics, RecycleError, RecycleResult};
use grantor_store::Error;
use grantor_store_connection::Hosts;
use mysql_async::Opts;
use tokio::time;

use crate::connection::Connection;

/// A connection that was idle for longer is asked whether it lives before it has a statement: the
/// server may have closed it since, and a removal that gets no answer has an unknown outcome.
const TRUSTED_IDLE: Duration = Duration::from_secs(1);

/// Makes connections to the first host that takes writes.
pub(crate) struct ConnectionManager {
    pub(crate) hosts: Hosts<Opts>,
    pub(crate) connect_timeout: Duration,
    /// Of operations.
    pub(crate) timeout: Duration,
}

impl Manager for ConnectionManager {
    type Type = Connection;
    type Error = Error;

    async fn create(&self) -> Result<Connection, Error> {
        let open = |options| Connection::open(options, self.timeout);
        self.hosts.connect(open).await
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
