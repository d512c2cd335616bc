//! Statements on connections that are taken from a pool and given back.

use std::time::Duration;

use deadpool::managed::{Object, Pool, PoolError};
use grantor_store::{Applied, Error};
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout_at};
use tokio_postgres::Row;

use crate::connection::Parameters;
use crate::error::{Meaning, failed, in_doubt, not_replicated, timed_out};
use crate::hosts::Hosts;
use crate::statement::{Effect, Statement};

/// How often a statement is tried that lost against another, or whose connection was gone.
const MAX_TRIES: usize = 8;

/// The connections of one store.
pub(crate) struct Connections {
    pool: Pool<Hosts>,
    timeout: Duration,
}

/// A connection of the pool. It is closed instead of given back, unless its statement came to its
/// end: a future that is dropped midway, and a server that does not answer, leave it with an answer
/// that nobody waits for.
struct Lease(Option<Object<Hosts>>);

impl Lease {
    fn give_back(mut self) {
        self.0 = None;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        drop(self.0.take().map(Object::take));
    }
}

impl Connections {
    pub(crate) fn new(
        hosts: Hosts,
        max_connections: usize,
        timeout: Duration,
    ) -> Result<Self, Error> {
        let pool = Pool::builder(hosts).max_size(max_connections).build();
        let pool = pool.map_err(|error| Error::configuration(error.to_string()))?;
        Ok(Self { pool, timeout })
    }

    /// Runs a statement within the time allowed. It is run again if it lost against another one, and
    /// if its connection broke and it may be repeated.
    pub(crate) async fn query(
        &self,
        statement: Statement,
        parameters: Parameters<'_>,
    ) -> Result<Vec<Row>, Error> {
        if Handle::try_current().is_err() {
            let message = "the PostgreSQL store is used outside of a Tokio runtime";
            return Err(Error::configuration(message));
        }
        let deadline = Instant::now() + self.timeout;
        let (mut tried, mut doubtful) = (0, false);
        let settled = |error, doubtful| match doubtful {
            true => in_doubt(&error),
            false => error,
        };
        loop {
            let lease = self.lease(deadline).await;
            let lease = lease.map_err(|error| settled(error, doubtful))?;
            let Some(connection) = &lease.0 else {
                return Err(timed_out(statement));
            };
            let answer = timeout_at(deadline, connection.query(statement, parameters)).await;
            let warned = connection.take_warning();
            tried += 1;
            match answer {
                Err(_) => return Err(timed_out(statement)),
                Ok(Ok(_)) if warned && statement.effect() != Effect::Reads => {
                    return Err(not_replicated(statement));
                }
                Ok(Ok(rows)) => {
                    lease.give_back();
                    return Ok(rows);
                }
                Ok(Err(error)) => {
                    let meaning = Meaning::of(&error);
                    if matches!(meaning, Meaning::Refused | Meaning::Again) {
                        lease.give_back();
                    }
                    if tried == MAX_TRIES || !may_repeat(statement, meaning) {
                        return Err(settled(failed(statement, &error), doubtful));
                    }
                    doubtful |= meaning == Meaning::Lost && statement.effect() != Effect::Reads;
                }
            }
        }
    }

    async fn lease(&self, deadline: Instant) -> Result<Lease, Error> {
        match timeout_at(deadline, self.pool.get()).await {
            Ok(Ok(connection)) => Ok(Lease(Some(connection))),
            Ok(Err(PoolError::Backend(error))) => Err(error),
            Ok(Err(other)) => Err(Error::unavailable(other.to_string(), Applied::No)),
            Err(_) => {
                let message = "no connection to PostgreSQL was free or could be made in time";
                Err(Error::unavailable(message, Applied::No))
            }
        }
    }
}

fn may_repeat(statement: Statement, meaning: Meaning) -> bool {
    match meaning {
        Meaning::Refused => false,
        // Nothing was applied; another host may take it.
        Meaning::Again | Meaning::ReadOnly => true,
        Meaning::Lost => statement.effect() != Effect::Once,
    }
}
