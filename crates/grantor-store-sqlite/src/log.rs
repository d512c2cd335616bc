//! The write-ahead log: a thread of its own moves it into the database.
//!
//! SQLite would do so within the commit that makes the log long, and whoever writes would wait for it.

use grantor_store::{Error, Reply, WriterThread};
use rusqlite::Connection;

use crate::error::failed;

/// The way to the thread that empties the log.
pub(crate) struct Log(WriterThread<Reply<u64>>);

impl Log {
    pub(crate) fn start(connection: Connection) -> Result<Self, Error> {
        let empty = move |replies: &mut Vec<Reply<u64>>| {
            for reply in replies.drain(..) {
                let outcome = checkpoint(&connection).map_err(|error| failed("written", error));
                let _sent = reply.send(outcome);
            }
        };
        let what = "the log of the SQLite database";
        WriterThread::start("grantor-sqlite-log", what, empty).map(Self)
    }

    /// Empties the log as far as readers and writers allow, and keeps neither waiting. How many bytes
    /// are in use; it begins anew once all of it was moved and nobody reads from it.
    pub(crate) async fn empty(&self) -> Result<u64, Error> {
        self.0.run(|reply| reply).await
    }
}

fn checkpoint(connection: &Connection) -> rusqlite::Result<u64> {
    let page_bytes: i64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
    let logged: i64 =
        connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(1))?;
    Ok(u64::try_from(logged.saturating_mul(page_bytes)).unwrap_or(0))
}
