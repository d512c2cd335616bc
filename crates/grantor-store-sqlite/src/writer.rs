//! The one thread that writes: a transaction for all that has arrived meanwhile.

use std::sync::Arc;
use std::time::{Duration, Instant};

use grantor_core::Timestamp;
use grantor_store::{Error, SweepClock, WriterThread};
use rusqlite::{Connection, ErrorCode};

use crate::job::{Ended, Task, Write};
use crate::log::Log;
use crate::log_keeper::LogKeeper;
use crate::{rows, times};

/// The way to the thread that writes.
pub(crate) struct Writer(WriterThread<Box<dyn Write>>);

impl Writer {
    pub(crate) fn start(
        connection: Connection,
        log: Arc<Log>,
        clock: Arc<SweepClock>,
        max_clock_skew: Duration,
    ) -> Result<Self, Error> {
        let mut batches = Batches::new(connection, clock, max_clock_skew);
        let mut keeper = LogKeeper::new(log);
        let write = move |batch: &mut Vec<Box<dyn Write>>| {
            batches.write(batch);
            keeper.after_commit(&batches.connection);
        };
        WriterThread::start("grantor-sqlite", "the SQLite database", write).map(Self)
    }

    /// Has an operation done, and waits for the commit that it became part of.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        self.run_timed(work).await.map(|(outcome, _)| outcome)
    }

    /// The same, and how long the writer had the transaction, from its beginning to its commit.
    pub(crate) async fn run_timed<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<(T, Duration), Error> {
        let job = |reply| -> Box<dyn Write> { Box::new(Task::new(work, reply)) };
        self.0.run(job).await
    }
}

struct Batches {
    connection: Connection,
    clock: Arc<SweepClock>,
    max_clock_skew: Duration,
    /// The last row that was looked at for garbage.
    swept_up_to: i64,
}

impl Batches {
    fn new(connection: Connection, clock: Arc<SweepClock>, max_clock_skew: Duration) -> Self {
        Self {
            connection,
            clock,
            max_clock_skew,
            swept_up_to: 0,
        }
    }

    fn write(&mut self, batch: &mut Vec<Box<dyn Write>>) {
        let began = Instant::now();
        let ended = self.commit(batch);
        let took = began.elapsed();
        for write in batch.drain(..) {
            write.answer(&ended, took);
        }
    }

    fn commit(&mut self, batch: &mut [Box<dyn Write>]) -> Ended {
        // A transaction that reads before it writes fails when another process writes in between,
        // unless it is a writer from the start.
        if let Err(error) = self.connection.execute_batch("BEGIN IMMEDIATE") {
            return Ended::rolled_back(&error);
        }
        for job in &mut *batch {
            job.execute(&self.connection);
            // Some errors (a full disk) undo the whole transaction.
            if self.connection.is_autocommit() {
                return Ended::RolledBack("the transaction failed".to_owned());
            }
        }
        let saved = self.keep_up(batch.len());
        if self.connection.is_autocommit() {
            return Ended::RolledBack("the transaction failed".to_owned());
        }
        match self.connection.execute_batch("COMMIT") {
            Ok(()) => Ended::Committed,
            Err(error) => {
                if saved {
                    self.clock.not_saved();
                }
                if !self.connection.is_autocommit() {
                    let _rolled_back = self.connection.execute_batch("ROLLBACK");
                }
                match error.sqlite_error_code() {
                    // The end of the transaction was not written.
                    Some(ErrorCode::DiskFull | ErrorCode::DatabaseBusy) => {
                        Ended::rolled_back(&error)
                    }
                    _ => Ended::unknown(&error),
                }
            }
        }
    }

    /// Deletes some dead rows and saves the time if that is due. Returns whether the time was
    /// saved.
    fn keep_up(&mut self, written: usize) -> bool {
        let Some(now) = self.clock.trusted() else {
            return false;
        };
        self.collect_garbage(written, now - self.max_clock_skew);
        let Some(newest) = self.clock.to_save() else {
            return false;
        };
        if let Err(error) = times::save(&self.connection, newest) {
            tracing::warn!(%error, "the newest time can't be saved");
            self.clock.not_saved();
        }
        true
    }

    /// Looks at twice as many rows as were written, round and round: so there are never more dead
    /// rows than live ones for long, and no write pays for more than its share.
    fn collect_garbage(&mut self, written: usize, dead_since: Timestamp) {
        let limit = written * 2 + 8;
        match rows::sweep(&self.connection, self.swept_up_to, limit, dead_since) {
            Ok(swept) => self.swept_up_to = swept.last.unwrap_or(0),
            Err(error) => tracing::warn!(%error, "dead records can't be deleted"),
        }
    }
}

#[cfg(test)]
mod tests;
