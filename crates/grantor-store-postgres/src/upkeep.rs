//! Deleting what is dead.

use grantor_core::Timestamp;
use grantor_store::{Error, Maintenance, Moment};

use crate::statement::Statement;
use crate::store::Inner;

/// How many rows one statement deletes or changes: few enough that it holds its locks for
/// milliseconds.
const ROWS_A_STEP: i64 = 1000;
/// How many steps one call takes at most. Called once a minute, it keeps up with 8000 records that
/// die in a second.
const MAX_STEPS: usize = 500;

pub(crate) async fn maintain(store: &Inner, moment: Moment) -> Result<Maintenance, Error> {
    let delete = async |dead_since| {
        let deleted = sweep(store, Statement::Sweep, dead_since).await?;
        sweep(store, Statement::SweepCounts, dead_since).await?;
        Ok(deleted)
    };
    let save = async |newest: Timestamp| {
        let millis = newest.as_millis();
        let saved = store.query(Statement::SaveNewest, &[&millis]).await;
        saved.map(drop)
    };
    let skew = store.options.max_clock_skew;
    grantor_store_connection::maintain(&store.clock, moment, skew, delete, save).await
}

/// Runs a statement that answers how many rows it found, and how many of them it deleted, until it
/// finds no more. Returns how many were deleted.
async fn sweep(store: &Inner, statement: Statement, dead_since: Timestamp) -> Result<usize, Error> {
    let dead_since = dead_since.as_millis();
    let mut all_deleted = 0;
    for _ in 0..MAX_STEPS {
        let rows = store.query(statement, &[&dead_since, &ROWS_A_STEP]).await?;
        let number = |column| rows.first().and_then(|row| row.try_get(column).ok());
        let (found, deleted): (i64, i64) = (number(0).unwrap_or(0), number(1).unwrap_or(0));
        all_deleted += usize::try_from(deleted).unwrap_or(0);
        if found < ROWS_A_STEP {
            break;
        }
    }
    Ok(all_deleted)
}
