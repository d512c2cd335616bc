//! The one thread that writes: a transaction for all that has arrived meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use grantor_core::Timestamp;
use grantor_store::{Applied, Error};
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::job::{Ended, Job, Task};
use crate::rows;

/// The most operations in one transaction: enough that the `fsync` hardly counts, few enough that
/// the first does not wait long for the last.
const MAX_BATCH: usize = 512;

/// The thread that writes, and the way to it.
pub(crate) struct Writer {
    jobs: Option<Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
    /// The time last told in milliseconds.
    now: Arc<AtomicI64>,
}

impl Writer {
    pub(crate) fn start(connection: Connection, max_clock_skew: Duration) -> std::io::Result<Self> {
        let now = Arc::new(AtomicI64::new(NEVER_TOLD));
        let (jobs, received) = channel();
        let batches = Batches {
            connection,
            now: Arc::clone(&now),
            max_clock_skew,
            swept_up_to: 0,
        };
        let thread = thread::Builder::new()
            .name("grantor-sqlite".to_owned())
            .spawn(move || batches.run(&received))?;
        Ok(Self {
            jobs: Some(jobs),
            thread: Some(thread),
            now,
        })
    }

    pub(crate) fn observe_time(&self, now: Timestamp) {
        self.now.store(now.as_millis(), Ordering::Relaxed);
    }

    /// Has an operation done, and waits for the commit that it became part of.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        let (reply, outcome) = oneshot::channel();
        let job = Box::new(Task::new(work, reply));
        let sent = self.jobs.as_ref().map(|jobs| jobs.send(job));
        let Some(Ok(())) = sent else {
            return Err(ended(Applied::No));
        };
        outcome
            .await
            .unwrap_or_else(|_| Err(ended(Applied::Unknown)))
    }
}

impl Drop for Writer {
    /// Waits until everything that was handed over is done, so that the file is free afterwards.
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ended = thread.join();
        }
    }
}

fn ended(applied: Applied) -> Error {
    let message = "the thread that writes the SQLite database has ended";
    Error::unavailable(message, applied)
}

const NEVER_TOLD: i64 = i64::MIN;

struct Batches {
    connection: Connection,
    now: Arc<AtomicI64>,
    max_clock_skew: Duration,
    /// The last row that was looked at for garbage.
    swept_up_to: i64,
}

impl Batches {
    /// Each round takes what has arrived while the last one was on its way to the disk.
    fn run(mut self, jobs: &Receiver<Box<dyn Job>>) {
        let mut batch = Vec::with_capacity(MAX_BATCH);
        while let Ok(job) = jobs.recv() {
            batch.push(job);
            batch.extend(jobs.try_iter().take(MAX_BATCH - 1));
            let ended = self.commit(&mut batch);
            for job in batch.drain(..) {
                job.answer(&ended);
            }
        }
    }

    fn commit(&mut self, batch: &mut [Box<dyn Job>]) -> Ended {
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
        self.collect_garbage(batch.len());
        if self.connection.is_autocommit() {
            return Ended::RolledBack("the transaction failed".to_owned());
        }
        match self.connection.execute_batch("COMMIT") {
            Ok(()) => Ended::Committed,
            Err(error) => {
                if !self.connection.is_autocommit() {
                    let _rolled_back = self.connection.execute_batch("ROLLBACK");
                }
                Ended::unknown(&error)
            }
        }
    }

    /// Looks at twice as many rows as were written, round and round: so there are never more dead
    /// rows than live ones for long, and no write pays for more than its share.
    fn collect_garbage(&mut self, written: usize) {
        let now = self.now.load(Ordering::Relaxed);
        if now == NEVER_TOLD {
            return;
        }
        let dead_since = Timestamp::from_millis(now) - self.max_clock_skew;
        let limit = written * 2 + 8;
        match rows::sweep(&self.connection, self.swept_up_to, limit, dead_since) {
            Ok(swept) => self.swept_up_to = swept.last.unwrap_or(0),
            Err(error) => tracing::warn!(%error, "dead records can't be deleted"),
        }
    }
}

#[cfg(test)]
mod tests;
