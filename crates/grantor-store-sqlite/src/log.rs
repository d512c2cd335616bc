//! The write-ahead log: a thread of its own moves it into the database.
//!
//! SQLite would do so within the commit that makes the log long, and whoever writes would wait for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use grantor_store::{Error, Reply, WriterThread};
use rusqlite::{Connection, Result as SqlResult};

use crate::error::failed;

/// The way to the thread that moves the log.
pub(crate) struct Log {
    /// A job is who waits for its outcome, if anybody does.
    thread: WriterThread<Option<Reply<u64>>>,
    is_wanted: Arc<AtomicBool>,
}

impl Log {
    pub(crate) fn start(connection: Connection) -> Result<Self, Error> {
        let is_wanted = Arc::new(AtomicBool::new(false));
        let wanted = Arc::clone(&is_wanted);
        let empty = move |replies: &mut Vec<Option<Reply<u64>>>| {
            for reply in replies.drain(..) {
                let outcome = move_pages(&connection).and_then(|length| length.bytes(&connection));
                let Some(reply) = reply else {
                    wanted.store(false, Ordering::SeqCst);
                    continue;
                };
                let _sent = reply.send(outcome.map_err(|error| failed("written", error)));
            }
        };
        let what = "the log of the SQLite database";
        Ok(Self {
            thread: WriterThread::start("grantor-sqlite-log", what, empty)?,
            is_wanted,
        })
    }

    /// Empties the log as far as readers and writers allow, and keeps neither waiting. How many bytes
    /// are in use; it begins anew once all of it was moved and nobody reads from it.
    pub(crate) async fn empty(&self) -> Result<u64, Error> {
        self.thread.run(Some).await
    }

    /// Has the thread do so, unless the last one that was wanted is still under way.
    pub(crate) fn want_empty(&self) {
        if !self.is_wanted.swap(true, Ordering::SeqCst) {
            self.thread.submit(None);
        }
    }

    /// Whether what was wanted is still under way.
    pub(crate) fn is_wanted(&self) -> bool {
        self.is_wanted.load(Ordering::SeqCst)
    }
}

/// How long the log is, in pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LogLength {
    pub(crate) logged: i64,
    /// How many of them are in the database too.
    pub(crate) moved: i64,
}

impl LogLength {
    /// Looks, and moves nothing.
    pub(crate) fn of(connection: &Connection) -> SqlResult<Self> {
        checkpoint(connection, "PRAGMA wal_checkpoint(NOOP)")
    }

    /// Pages that have to be moved yet.
    pub(crate) fn left(self) -> i64 {
        self.logged - self.moved
    }

    fn bytes(self, connection: &Connection) -> SqlResult<u64> {
        let page: i64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
        Ok(u64::try_from(self.logged.saturating_mul(page)).unwrap_or(0))
    }
}

/// Moves the log into the database, as far as readers allow.
pub(crate) fn move_pages(connection: &Connection) -> SqlResult<LogLength> {
    checkpoint(connection, "PRAGMA wal_checkpoint(PASSIVE)")
}

fn checkpoint(connection: &Connection, pragma: &str) -> SqlResult<LogLength> {
    let mut statement = connection.prepare_cached(pragma)?;
    statement.query_row([], |row| {
        Ok(LogLength {
            logged: row.get(1)?,
            moved: row.get(2)?,
        })
    })
}
