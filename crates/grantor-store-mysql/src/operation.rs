//! An operation of several statements, which have one time together.

use std::mem::replace;

use grantor_store::Error;
use grantor_store_connection::timed_out;
use mysql_async::Value;
use tokio::time::{Instant, timeout_at};

use crate::connection::Answer;
use crate::statement::Statement;
use crate::store::{Inner, NAME};

/// An operation.
pub(crate) struct Operation<'a> {
    store: &'a Inner,
    deadline: Instant,
    has_begun: bool,
}

impl<'a> Operation<'a> {
    /// Its time begins now.
    pub(crate) fn new(store: &'a Inner) -> Self {
        Self {
            store,
            deadline: Instant::now() + store.options.timeout,
            has_begun: false,
        }
    }

    /// Runs a statement within what is left of the time.
    pub(crate) async fn run(
        &mut self,
        statement: Statement,
        values: &[Value],
    ) -> Result<Answer, Error> {
        let running = self.store.run(statement, values);
        // The first statement keeps the whole time itself, and knows better where it went.
        if !replace(&mut self.has_begun, true) {
            return running.await;
        }
        let answer = timeout_at(self.deadline, running).await;
        answer.unwrap_or_else(|_| Err(timed_out(NAME, statement.effect())))
    }
}
