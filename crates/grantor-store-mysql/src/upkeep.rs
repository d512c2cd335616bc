//! Deleting what is dead.

use grantor_core::Timestamp;
use grantor_store::{Error, Maintenance, Moment};
use mysql_async::Value;

use crate::rows::number;
use crate::statement::Statement;
use crate::store::Inner;

/// How many rows one statement deletes or changes: few enough that it holds its locks for
/// milliseconds.
const ROWS_A_STEP: usize = 1000;
/// How many steps one call takes at most. Called once a minute, it keeps up with 8000 records that
/// die in a second.
const MAX_STEPS: usize = 500;

pub(crate) async fn maintain(store: &Inner, moment: Moment) -> Result<Maintenance, Error> {
    let delete = async |dead_since: Timestamp| {
        let deleted = sweep(store, dead_since).await?;
        sweep_counts(store, dead_since).await?;
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

/// Returns how many records were deleted.
async fn sweep(store: &Inner, dead_since: Timestamp) -> Result<usize, Error> {
    let dead_since: Value = dead_since.as_millis().into();
    let limit: Value = ROWS_A_STEP.into();
    let mut all_deleted = 0;
    for _ in 0..MAX_STEPS {
        let values = [dead_since.clone(), limit.clone()];
        let oldest = store.run(Statement::Oldest, &values).await?.rows;
        let Some(last) = oldest.last().and_then(number) else {
            break;
        };
        // Both statements look no further than the last of these, however few of them match.
        let values = [last.into(), dead_since.clone(), limit.clone()];
        let deleted = store.run(Statement::Sweep, &values).await?.rows_affected;
        let deleted = usize::try_from(deleted).unwrap_or(usize::MAX);
        all_deleted += deleted;
        if deleted < oldest.len() {
            store.run(Statement::Postpone, &values).await?;
        }
        if oldest.len() < ROWS_A_STEP {
            break;
        }
    }
    Ok(all_deleted)
}

async fn sweep_counts(store: &Inner, dead_since: Timestamp) -> Result<(), Error> {
    let values = [dead_since.as_millis().into(), ROWS_A_STEP.into()];
    for _ in 0..MAX_STEPS {
        let answer = store.run(Statement::SweepCounts, &values).await?;
        if answer.rows_affected < ROWS_A_STEP as u64 {
            break;
        }
    }
    Ok(())
}
