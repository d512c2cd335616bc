//! Requests on connections that are taken from a pool and given back.

use std::time::{Duration, Instant as StdInstant};

use deadpool::managed::{Manager, Object, Pool, PoolError};
use grantor_store::{Applied, Error};
use tokio::time::{Instant, timeout_at};

use crate::{Effect, check_runtime, in_doubt, timed_out};

/// How often a request is tried that lost against another, or whose connection was gone.
const MAX_TRIES: usize = 16;

/// The connections of one store.
pub struct Connections<M: Manager> {
    database: &'static str,
    pool: Pool<M>,
    timeout: Duration,
}

/// A connection that runs requests, each of them one operation.
pub trait Run<R>: Send {
    /// What the database answers.
    type Answer;

    /// Runs a request once.
    fn run(
        &mut self,
        request: &R,
    ) -> impl Future<Output = Result<Self::Answer, RequestFailed>> + Send;
}

/// The failure of one request.
#[derive(Debug)]
pub struct RequestFailed {
    /// What it means.
    pub meaning: Meaning,
    /// The error, if the request is not tried again.
    pub error: Error,
}

/// The meaning of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// The server refused the request and undid it. The connection is good.
    Refused,
    /// It lost against another transaction: once more. The connection is good.
    Again,
    /// Nothing was applied, and this server takes no writes now: once more, on another connection.
    Elsewhere,
    /// The connection is gone, or the server does not know: the outcome is unknown.
    Lost,
    /// The write is there, on too few servers. Trying it again would not tell more.
    Unconfirmed,
}

impl Meaning {
    fn leaves_a_good_connection(self) -> bool {
        matches!(self, Self::Refused | Self::Again)
    }

    fn may_be_tried_again(self, effect: Effect) -> bool {
        match self {
            Self::Refused | Self::Unconfirmed => false,
            Self::Again | Self::Elsewhere => true,
            Self::Lost => effect != Effect::Once,
        }
    }
}

/// A connection of the pool. It is closed instead of given back, unless its request came to its end.
/// After a future that is dropped midway, or a server that does not answer in time, the answer of the old
/// request could still arrive on it.
struct Lease<M: Manager>(Option<Object<M>>);

impl<M: Manager> Lease<M> {
    fn give_back(mut self) {
        self.0 = None;
    }
}

impl<M: Manager> Drop for Lease<M> {
    fn drop(&mut self) {
        drop(self.0.take().map(Object::take));
    }
}

impl<M: Manager<Error = Error>> Connections<M> {
    /// At most `max_connections`, which `manager` makes. `database` is its kind, for messages; a
    /// request has the time `timeout`, with all its tries.
    ///
    /// # Errors
    /// `max_connections` is 0.
    pub fn new(
        database: &'static str,
        manager: M,
        max_connections: usize,
        timeout: Duration,
    ) -> Result<Self, Error> {
        let pool = Pool::builder(manager).max_size(max_connections).build();
        let pool = pool.map_err(|error| Error::configuration(error.to_string()))?;
        Ok(Self {
            database,
            pool,
            timeout,
        })
    }

    /// Runs a request within the time allowed. It is run again if it lost against another one, and if
    /// its connection broke and it may be repeated.
    ///
    /// # Errors
    /// That of the last try. Its outcome is unknown, if that of any try is.
    pub async fn run<R>(
        &self,
        effect: Effect,
        request: R,
    ) -> Result<<M::Type as Run<R>>::Answer, Error>
    where
        M::Type: Run<R>,
    {
        check_runtime(self.database)?;
        let (began, deadline) = (StdInstant::now(), Instant::now() + self.timeout);
        let (mut tried, mut doubtful) = (0, false);
        let settled = |error, doubtful| match doubtful {
            true => in_doubt(&error),
            false => error,
        };
        loop {
            let lease = self.lease(began, deadline).await;
            let mut lease = lease.map_err(|error| settled(error, doubtful))?;
            let Some(connection) = &mut lease.0 else {
                return Err(timed_out(self.database, effect));
            };
            tried += 1;
            match timeout_at(deadline, connection.run(&request)).await {
                Err(_) => {
                    self.close_idle_since(began);
                    return Err(timed_out(self.database, effect));
                }
                Ok(Ok(answer)) => {
                    lease.give_back();
                    return Ok(answer);
                }
                Ok(Err(RequestFailed { meaning, error })) => {
                    if meaning.leaves_a_good_connection() {
                        lease.give_back();
                    }
                    if tried == MAX_TRIES || !meaning.may_be_tried_again(effect) {
                        return Err(settled(error, doubtful));
                    }
                    doubtful |= meaning == Meaning::Lost && effect != Effect::Reads;
                }
            }
        }
    }

    async fn lease(&self, began: StdInstant, deadline: Instant) -> Result<Lease<M>, Error> {
        let unavailable = |message: String| Error::unavailable(message, Applied::No);
        match timeout_at(deadline, self.pool.get()).await {
            Ok(Ok(connection)) => Ok(Lease(Some(connection))),
            Ok(Err(PoolError::Backend(error))) => Err(error),
            Ok(Err(other)) => Err(unavailable(other.to_string())),
            Err(_) => {
                self.close_idle_since(began);
                Err(unavailable(format!(
                    "no connection to {} was free or could be made in time",
                    self.database
                )))
            }
        }
    }

    /// Closes the connections that wait for requests since before `began`, when a request began that
    /// got no answer: the network may have lost them too, without a sign, and each would cost another
    /// request its time. One that was taken since has been answered.
    fn close_idle_since(&self, began: StdInstant) {
        let closed = self.pool.retain(|_, metrics| {
            let taken = metrics.recycled.unwrap_or(metrics.created);
            taken >= began
        });
        drop(closed);
    }
}

#[cfg(test)]
mod tests;
