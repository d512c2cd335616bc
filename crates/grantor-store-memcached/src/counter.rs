//! Counts for limits, for all servers together, as long as memcached keeps them.

use std::sync::Arc;
use std::time::Duration;

use grantor_core::{BoxFuture, Timestamp};
use grantor_store::{Applied, Counter, Error, Key};
use grantor_store_connection::Effect;

use crate::MemcachedStore;
use crate::connection::Connection;
use crate::layout::{count_name, kept_for};
use crate::wire::{Answer, Command, Condition};

/// The sum that stands for all above. memcached begins again at zero after the largest number, which
/// is far from here.
const MOST: u64 = 1 << 62;

impl Counter for MemcachedStore {
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
            let at = kept_for(length);
            let name = count_name(key, length, starts_at);
            let add = Command::Add(&name, n.min(MOST), at);
            let most = MOST.to_string();
            let set = Command::Set(&name, most.as_bytes(), at, Condition::None);
            let (add, set) = (&add, &set);
            let adding = move |on: Arc<Connection>| async move {
                let answer = on.send(add).await?;
                let sum = match &answer {
                    Answer::Value(digits, _) => std::str::from_utf8(digits).ok(),
                    _ => None,
                };
                let sum = sum.and_then(|sum| sum.trim().parse().ok());
                if sum.is_some_and(|sum: u64| sum > MOST) {
                    on.send(set).await?;
                }
                Ok(sum)
            };
            match self.0.link.run(&name, Effect::Once, adding).await? {
                Some(MOST..) => Ok(u64::MAX),
                Some(sum) => Ok(sum),
                None => Err(Error::unavailable(
                    "memcached gave no sum",
                    Applied::Unknown,
                )),
            }
        })
    }
}
