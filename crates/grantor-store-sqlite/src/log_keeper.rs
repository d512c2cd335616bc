//! When the log is moved into the database.
//!
//! Almost all of it is moved beside the writes. But while the log's thread moves pages, commits add
//! some, and the log begins anew only when none are left; so the writer moves the last few itself.

use std::sync::Arc;

use rusqlite::Connection;

use crate::log::{Log, LogLength, move_pages};

/// From this length on the log is moved. A page is moved once, however often it was written: the longer
/// the log, the fewer are moved. 4000 pages are 16 MiB.
pub(crate) const LONG: i64 = 4000;
/// The writer moves no more pages than these: a few milliseconds.
const FEW: i64 = 256;
/// After so many more pages the writer tries again, where a reader prevented that the log begins anew.
const RETRY: i64 = 128;

/// Looks at the log after each commit.
pub(crate) struct LogKeeper {
    log: Arc<Log>,
    plan: Plan,
}

impl LogKeeper {
    pub(crate) fn new(log: Arc<Log>) -> Self {
        Self {
            log,
            plan: Plan::default(),
        }
    }

    /// Moves the log, or has it moved. A failure is none of the commit: SQLite moves the log itself when
    /// it is twice as long.
    pub(crate) fn after_commit(&mut self, connection: &Connection) {
        if self.log.is_wanted() {
            return;
        }
        let Ok(length) = LogLength::of(connection) else {
            return;
        };
        match self.plan.next(length) {
            Step::Nothing => {}
            Step::Beside => self.log.want_empty(),
            Step::Here => {
                if let Ok(length) = move_pages(connection) {
                    self.plan.moved = length.moved;
                }
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Nothing,
    /// On the log's thread.
    Beside,
    /// On the writer's.
    Here,
}

/// What was done last.
#[derive(Debug, Default)]
struct Plan {
    /// The pages that had been moved then.
    moved: i64,
    /// As long as no more are moved: a reader prevents it, and this is the length at which to try again.
    again_at: i64,
}

impl Plan {
    fn next(&mut self, length: LogLength) -> Step {
        if length.logged < LONG {
            *self = Self::default();
            return Step::Nothing;
        }
        if length.moved == self.moved && length.logged < self.again_at {
            return Step::Nothing;
        }
        self.moved = length.moved;
        if length.left() <= FEW {
            self.again_at = length.logged + RETRY;
            return Step::Here;
        }
        // A reader may stay for long: the longer the log, the more it costs to look for pages in vain.
        self.again_at = length.logged + RETRY.max(length.left() / 4);
        Step::Beside
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::{open_log, open_writer};
    use crate::{SqliteOptions, file};

    #[track_caller]
    fn check(plan: &mut Plan, logged: i64, moved: i64, step: Step) {
        assert_eq!(plan.next(LogLength { logged, moved }), step, "{plan:?}");
    }

    #[test]
    fn most_of_a_long_log_is_moved_beside_the_writes_and_the_rest_by_the_writer() {
        let mut plan = Plan::default();
        check(&mut plan, 3999, 0, Step::Nothing);
        check(&mut plan, 4000, 0, Step::Beside);
        // While that was done, the log became longer.
        check(&mut plan, 4600, 4000, Step::Beside);
        check(&mut plan, 4700, 4600, Step::Here);
        // All of it was moved, and it began anew.
        check(&mut plan, 3, 0, Step::Nothing);
        check(&mut plan, 4000, 0, Step::Beside);
    }

    #[test]
    fn a_reader_that_stays_does_not_have_the_whole_log_looked_at_after_each_commit() {
        let mut plan = Plan::default();
        check(&mut plan, 4000, 100, Step::Beside);
        let tries = (4000..100_000).filter(|logged| {
            let length = LogLength {
                logged: *logged,
                moved: 100,
            };
            plan.next(length) != Step::Nothing
        });
        assert_eq!(tries.count(), 14);
    }

    #[test]
    fn a_log_that_does_not_begin_anew_is_tried_again_soon() {
        let mut plan = Plan::default();
        check(&mut plan, 4100, 4000, Step::Here);
        plan.moved = 4100;
        check(&mut plan, 4200, 4100, Step::Nothing);
        check(&mut plan, 4228, 4100, Step::Here);
    }

    /// The log as it is after each of so many commits of 256 KiB, on which SQLite itself moves nothing.
    fn lengths(commits: u8) -> Vec<LogLength> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("grantor.db");
        file::create_private(&path).unwrap();
        let options = SqliteOptions::default().danger_may_lose_last_commits();
        let connection = open_writer(&path, &options).unwrap();
        connection
            .pragma_update(None, "wal_autocheckpoint", 0)
            .unwrap();
        connection.execute_batch("CREATE TABLE t (a)").unwrap();
        let log = Arc::new(Log::start(open_log(&path, &options).unwrap()).unwrap());
        let mut keeper = LogKeeper::new(Arc::clone(&log));
        let commit = |number: u8| {
            let value = vec![number; 256 * 1024];
            connection
                .execute("INSERT INTO t VALUES (?1)", [value])
                .unwrap();
            keeper.after_commit(&connection);
            while log.is_wanted() {
                std::thread::yield_now();
            }
            LogLength::of(&connection).unwrap()
        };
        (0..commits).map(commit).collect()
    }

    #[test]
    fn the_log_begins_anew_though_no_commit_of_sqlite_moves_it() {
        let lengths = lengths(200);
        let longest = lengths.iter().map(|length| length.logged).max().unwrap();
        assert!((LONG..LONG + 500).contains(&longest), "{longest}");
        let mut pairs = lengths.windows(2);
        assert!(pairs.any(|pair| pair[1].logged < pair[0].logged));
    }
}
