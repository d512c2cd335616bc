//! Counts for limits, for all servers together.

use std::time::Duration;

use grantor_core::{BoxFuture, Timestamp};
use grantor_store::{Counter, Error, Key};

use crate::MysqlStore;
use crate::statement::Statement;

impl Counter for MysqlStore {
    fn add<'a>(
        &'a self,
        key: &'a Key,
        n: u64,
        window: Duration,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<u64, Error>> {
        Box::pin(async move {
            let length = i64::try_from(window.as_millis()).unwrap_or(i64::MAX).max(1);
            let now = now.as_millis();
            let starts_at = now.saturating_sub(now.rem_euclid(length));
            let ends_at = starts_at.saturating_add(length);
            let values = [
                key.as_bytes().into(),
                length.into(),
                starts_at.into(),
                ends_at.into(),
                n.into(),
            ];
            let answer = self.0.run(Statement::Count, &values).await?;
            Ok(answer.number)
        })
    }
}
