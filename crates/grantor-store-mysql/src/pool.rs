//! Statements on connections that are taken from a pool and given back.

use std::time::Duration;

use deadpool::managed::{Object, Pool, PoolError};
use grantor_store::{Applied, Error};
use mysql_async::Value;
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout_at};

use crate::connection::Answer;
use crate::error::{Meaning, failed, in_doubt, timed_out};
use crate::hosts::Hosts;
use crate::statement::{Effect, Statement};

/// How often a statement is tried that lost against another, or whose connection was gone.
const MAX_TRIES: usize = 16;

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
    pub(crate) async fn run(
        &self,
        statement: Statement,
        values: &[Value],
    ) -> Result<Answer, Error> {
        if Handle::try_current().is_err() {
            let message = "the MySQL store is used outside of a Tokio runtime";
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
            let mut lease = lease.map_err(|error| settled(error, doubtful))?;
            let Some(connection) = &mut lease.0 else {
                return Err(timed_out(statement));
            };
            let answer = timeout_at(deadline, connection.run(statement, values)).await;
            tried += 1;
            match answer {
                Err(_) => return Err(timed_out(statement)),
                Ok(Ok(answer)) => {
                    lease.give_back();
                    return Ok(answer);
                }
                Ok(Err(error)) => {
                    let meaning = Meaning::of(&error);
                    if !matches!(meaning, Meaning::Elsewhere | Meaning::Lost) {
                        lease.give_back();
                    }
                    if meaning == Meaning::Duplicate && statement == Statement::PutAbsent {
                        return Ok(Answer {
                            is_duplicate: true,
                            ..Answer::default()
                        });
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
                let message = "no connection to MySQL was free or could be made in time";
                Err(Error::unavailable(message, Applied::No))
            }
        }
    }
}

fn may_repeat(statement: Statement, meaning: Meaning) -> bool {
    match meaning {
        Meaning::Refused | Meaning::Duplicate => false,
        // Nothing was applied; another host may take it.
        Meaning::Again | Meaning::Elsewhere => true,
        Meaning::Lost => statement.effect() != Effect::Once,
    }
}
