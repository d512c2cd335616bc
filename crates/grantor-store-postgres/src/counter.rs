//! Counts for limits, for all servers together.

use std::time::Duration;

use grantor_core::{BoxFuture, Timestamp};
use grantor_store::{Applied, Counter, Error, Key};

use crate::PostgresStore;
use crate::statement::Statement;

impl Counter for PostgresStore {
    fn add<'a>(
        &'a self,
        key: &'a Key,
        n: u64,
        window: Duration,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<u64, Error>> {
        Box::pin(async move {
            let key = key.as_bytes();
            let length = i64::try_from(window.as_millis()).unwrap_or(i64::MAX).max(1);
            let now = now.as_millis();
            let starts_at = now.saturating_sub(now.rem_euclid(length));
            let ends_at = starts_at.saturating_add(length);
            let n = i64::try_from(n).unwrap_or(i64::MAX);
            let statement = Statement::Count;
            let rows = self
                .0
                .query(statement, &[&key, &length, &starts_at, &ends_at, &n])
                .await?;
            let sum: Option<i64> = rows.first().and_then(|row| row.try_get(0).ok());
            match sum {
                // The largest number of the database stands for all above.
                Some(i64::MAX) => Ok(u64::MAX),
                Some(sum) => Ok(u64::try_from(sum).unwrap_or(0)),
                None => Err(Error::unavailable(
                    "PostgreSQL gave no sum",
                    Applied::Unknown,
                )),
            }
        })
    }
}
