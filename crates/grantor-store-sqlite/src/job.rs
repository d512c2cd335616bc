//! One operation on its way through the writer's transaction to its answer.

use std::time::Duration;

use grantor_store::{Applied, Error, Reply};
use rusqlite::Connection;

use crate::error::failed;

/// How a transaction ended.
pub(crate) enum Ended {
    Committed,
    /// Nothing of the job is in the database; the text says why.
    RolledBack(String),
    /// It may be on the disk or not; why.
    Unknown(String),
}

impl Ended {
    pub(crate) fn rolled_back(error: &rusqlite::Error) -> Self {
        Self::RolledBack(error.to_string())
    }

    pub(crate) fn unknown(error: &rusqlite::Error) -> Self {
        Self::Unknown(error.to_string())
    }
}

/// One operation of a transaction.
pub(crate) trait Write: Send {
    fn execute(&mut self, connection: &Connection);

    /// Tells the caller the outcome, and how long the writer had the transaction. A caller that has
    /// stopped waiting needs none.
    fn answer(self: Box<Self>, ended: &Ended, took: Duration);
}

pub(crate) struct Task<T, W> {
    work: Option<W>,
    outcome: Option<Result<T, Error>>,
    reply: Reply<(T, Duration)>,
}

impl<T, W> Task<T, W> {
    pub(crate) fn new(work: W, reply: Reply<(T, Duration)>) -> Self {
        Self {
            work: Some(work),
            outcome: None,
            reply,
        }
    }
}

impl<T, W> Write for Task<T, W>
where
    T: Send,
    W: FnOnce(&Connection) -> rusqlite::Result<T> + Send,
{
    fn execute(&mut self, connection: &Connection) {
        if let Some(work) = self.work.take() {
            let outcome = work(connection).map_err(|error| failed("written", error));
            self.outcome = Some(outcome);
        }
    }

    fn answer(self: Box<Self>, ended: &Ended, took: Duration) {
        let unavailable = |reason: &String, applied| {
            let message = format!("the SQLite database can't be written: {reason}");
            Err(Error::unavailable(message, applied))
        };
        let answer = match (self.outcome, ended) {
            (Some(Err(error)), _) => Err(error),
            (Some(Ok(outcome)), Ended::Committed) => Ok((outcome, took)),
            (_, Ended::RolledBack(reason)) => unavailable(reason, Applied::No),
            (_, Ended::Unknown(reason)) => unavailable(reason, Applied::Unknown),
            (None, Ended::Committed) => unavailable(&"it was left out".to_owned(), Applied::No),
        };
        let _sent = self.reply.send(answer);
    }
}
