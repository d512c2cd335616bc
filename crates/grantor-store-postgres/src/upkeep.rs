//! Deleting what is dead.

use grantor_core::Timestamp;
use grantor_store::{Error, Maintenance, Moment};

use crate::statement::Statement;
use crate::store::Inner;

/// How many rows one statement deletes: few enough that it holds its locks for milliseconds.
const ROWS_A_STEP: usize = 1000;
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

async fn sweep(store: &Inner, statement: Statement, dead_since: Timestamp) -> Result<usize, Error> {
    let limit = i64::try_from(ROWS_A_STEP).unwrap_or(i64::MAX);
    let dead_since = dead_since.as_millis();
    let mut deleted = 0;
    for _ in 0..MAX_STEPS {
        let rows = store.query(statement, &[&dead_since, &limit]).await?;
        let rows = rows.len();
        deleted += rows;
        if rows < ROWS_A_STEP {
            break;
        }
    }
    Ok(deleted)
}
