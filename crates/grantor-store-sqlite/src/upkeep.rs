//! The upkeep of the file: dead rows are deleted while nobody writes, free pages given back, the
//! write-ahead log emptied.

use std::sync::atomic::{AtomicU64, Ordering};

use grantor_core::Timestamp;
use grantor_store::{BatchTimes, Error, Notice};
use rusqlite::{Connection, Result};

use crate::log::Log;
use crate::rows;
use crate::writer::Writer;

/// How many rows a step looks at: few enough that no write waits for long.
const ROWS_A_STEP: usize = 64;
/// How many steps one call takes at most; the next call goes on from there.
const MAX_STEPS: usize = 4096;
/// The log is emptied when the steps have made it this long: half of what it becomes beside other writes.
/// The commit after that begins a new log, which it has to sync.
const LOG_BYTES_OF_STEPS: u64 = 8 * 1024 * 1024;
/// How many pages a step gives back, and how many steps there are at most: 16 MiB a call.
const PAGES_A_STEP: i64 = 64;
const MAX_PAGE_STEPS: usize = 64;
/// After so many of these steps the log is emptied: each moves twice as many pages at most.
const PAGE_STEPS_A_LOG: usize = 16;
/// A few free pages are worth keeping for the next records.
const MIN_FREE_PAGES: i64 = 256;
/// The log is emptied at 16 MiB, and within a commit at 32; more means that something prevents it.
const LOG_BYTES_TO_REPORT: u64 = 64 * 1024 * 1024;

/// Where the next call goes on, and what was reported.
#[derive(Debug, Default)]
pub(crate) struct Upkeep {
    swept_up_to: AtomicU64,
    reported_log: AtomicU64,
}

impl Upkeep {
    /// Deletes rows that were dead at `dead_since`. How many, and how long each step took.
    pub(crate) async fn sweep(
        &self,
        writer: &Writer,
        log: &Log,
        dead_since: Timestamp,
    ) -> Result<(usize, BatchTimes), Error> {
        let mut times = BatchTimes::default();
        let (mut unlogged, mut steps_a_log) = (0, MIN_STEPS_A_LOG);
        let mut after = i64::try_from(self.swept_up_to.load(Ordering::Relaxed)).unwrap_or(0);
        let (mut deleted, mut ends) = (0, 0);
        for _ in 0..MAX_STEPS {
            let step =
                move |connection: &_| rows::sweep(connection, after, ROWS_A_STEP, dead_since);
            let (swept, took) = writer.run_timed(step).await?;
            if swept.deleted > 0 {
                times.record(took);
                unlogged += 1;
                if unlogged == steps_a_log {
                    steps_a_log = steps_for_a_log(unlogged, log.empty().await?);
                    unlogged = 0;
                }
            }
            deleted += swept.deleted;
            after = swept.last.unwrap_or(0);
            ends += usize::from(swept.last.is_none());
            // From where the last call ended to the end, and from the beginning to the end.
            if ends == 2 {
                break;
            }
        }
        let after = u64::try_from(after).unwrap_or(0);
        self.swept_up_to.store(after, Ordering::Relaxed);
        Ok((deleted, times))
    }

    /// Shortens the file if more than a quarter of it is free.
    pub(crate) async fn give_pages_back(&self, writer: &Writer, log: &Log) -> Result<(), Error> {
        for step in 1..=MAX_PAGE_STEPS {
            if !writer.run(give_some_pages_back).await? {
                break;
            }
            if step % PAGE_STEPS_A_LOG == 0 {
                log.empty().await?;
            }
        }
        Ok(())
    }

    /// Empties the write-ahead log as far as readers allow. A notice, if it has grown since the last
    /// one.
    pub(crate) async fn empty_log(&self, log: &Log) -> Result<Option<Notice>, Error> {
        let bytes = log.empty().await?;
        if bytes < LOG_BYTES_TO_REPORT {
            self.reported_log.store(0, Ordering::Relaxed);
            return Ok(None);
        }
        // Once for each doubling.
        if bytes < self.reported_log.load(Ordering::Relaxed) * 2 {
            return Ok(None);
        }
        self.reported_log.store(bytes, Ordering::Relaxed);
        Ok(Some(Notice::LogGrew { bytes }))
    }
}

/// How many steps make the log long enough to be emptied, if so many made it so long.
fn steps_for_a_log(steps: u64, bytes: u64) -> u64 {
    let fitting = steps.saturating_mul(LOG_BYTES_OF_STEPS) / bytes.max(1);
    fitting.clamp(MIN_STEPS_A_LOG, MAX_STEPS_A_LOG)
}

const MIN_STEPS_A_LOG: u64 = 8;
const MAX_STEPS_A_LOG: u64 = 256;

/// Gives some free pages back, and returns whether there are more.
fn give_some_pages_back(connection: &Connection) -> Result<bool> {
    let number = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let (free, all) = (number("freelist_count")?, number("page_count")?);
    if free < MIN_FREE_PAGES || free * 4 < all {
        return Ok(false);
    }
    let pages = PAGES_A_STEP;
    let mut statement = connection.prepare(&format!("PRAGMA incremental_vacuum({pages})"))?;
    let mut rows = statement.query([])?;
    while rows.next()?.is_some() {}
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_emptied_by_its_length_and_neither_always_nor_never() {
        let mib = 1024 * 1024;
        for (steps, bytes, next) in [
            (8, mib, 64),
            (64, 8 * mib, 64),
            (64, 16 * mib, 32),
            (8, 0, MAX_STEPS_A_LOG),
            // Somebody reads, and the log stays long.
            (8, 900 * mib, MIN_STEPS_A_LOG),
        ] {
            assert_eq!(steps_for_a_log(steps, bytes), next, "{steps} {bytes}");
        }
    }
}
