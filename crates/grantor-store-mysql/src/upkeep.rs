//! Deleting what is dead.

use grantor_core::Timestamp;
use grantor_store::{Error, Maintenance, Moment};

use crate::statement::Statement;
use crate::store::Inner;

/// How many rows one statement deletes: few enough that it holds its locks for milliseconds.
const ROWS_A_STEP: u64 = 1000;
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
        let values = [newest.as_millis().into()];
        let saved = store.run(Statement::SaveNewest, &values).await;
        saved.map(drop)
    };
    let skew = store.options.max_clock_skew;
    grantor_store_connection::maintain(&store.clock, moment, skew, delete, save).await
}

async fn sweep(store: &Inner, statement: Statement, dead_since: Timestamp) -> Result<usize, Error> {
    let values = [dead_since.as_millis().into(), ROWS_A_STEP.into()];
    let mut deleted = 0;
    for _ in 0..MAX_STEPS {
        let answer = store.run(statement, &values).await?;
        deleted += usize::try_from(answer.rows_affected).unwrap_or(usize::MAX);
        if answer.rows_affected < ROWS_A_STEP {
            break;
        }
    }
    Ok(deleted)
}
