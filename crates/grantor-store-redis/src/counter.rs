//! Counts for limits, for all servers together.

use std::time::Duration;

use grantor_core::{BoxFuture, Timestamp};
use grantor_store::{Applied, Counter, Error, Key};
use grantor_store_connection::Effect;

use crate::RedisStore;
use crate::layout::COUNTS;
use crate::link::Target;
use crate::request::Request;

/// The longest window in milliseconds by which counts are deleted: half of a century. The time that
/// Redis reckons must be a number.
const LONGEST: i64 = 50 * 365 * 86_400_000;

impl Counter for RedisStore {
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
            // A length of time: whatever the clock of Redis says, the count lasts for its window.
            let kept_for = length.min(LONGEST) * 2;
            let (length, starts_at) = (length.to_be_bytes(), starts_at.to_be_bytes());
            let name = [COUNTS, &length, &starts_at, key.as_bytes()].concat();
            let mut request = self.0.scripts.count.key(&name[..]);
            request
                .arg(i64::try_from(n).unwrap_or(i64::MAX))
                .arg(kept_for);
            let request = Request::Script(&request);
            let sent = self.0.link.send(Target::Key(&name), request, Effect::Once);
            let sum: Option<String> = sent.await?;
            match sum.and_then(|sum| sum.parse().ok()) {
                // The largest number of Redis stands for all above.
                Some(i64::MAX) => Ok(u64::MAX),
                Some(sum) => Ok(u64::try_from(sum).unwrap_or(0)),
                None => Err(Error::unavailable("Redis gave no sum", Applied::Unknown)),
            }
        })
    }
}
