//! Counts for limits, for all servers together.

use std::time::Duration;

use grantor_core::{BoxFuture, Timestamp};
use grantor_store::{Applied, Counter, Error, Key};
use grantor_store_connection::Effect;
use mongodb::bson::doc;
use mongodb::options::ReturnDocument;

use crate::MongodbStore;
use crate::row::hexadecimal;

/// The sum that stands for all above.
const MOST: i64 = 1 << 62;

/// The longest window in milliseconds by which counts are deleted: half of a century. The time that
/// MongoDB reckons must be a date.
const LONGEST: i64 = 50 * 365 * 86_400_000;

impl Counter for MongodbStore {
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
            // Two windows by the clock of MongoDB, which need not agree with the caller's.
            let kept_for = length.min(LONGEST) * 2;
            let (length, starts_at) = (length.to_be_bytes(), starts_at.to_be_bytes());
            let id = hexadecimal(&[&length, &starts_at, key.as_bytes()].concat());
            let n = i64::try_from(n).unwrap_or(MOST).min(MOST);
            let sum = doc! { "$add": [{ "$ifNull": ["$n", 0_i64] }, n] };
            let set = doc! { "$set": {
                "n": { "$min": [MOST, sum] },
                "x": { "$add": ["$$NOW", kept_for] },
            } };
            let counted = self
                .0
                .opened
                .counts
                .find_one_and_update(doc! { "_id": id }, vec![set])
                .upsert(true)
                .return_document(ReturnDocument::After);
            let counted = self.0.within(Effect::Once, counted.into_future()).await?;
            match counted.and_then(|found| found.get_i64("n").ok()) {
                Some(MOST) => Ok(u64::MAX),
                Some(sum) => Ok(u64::try_from(sum).unwrap_or(0)),
                None => Err(Error::unavailable("MongoDB gave no sum", Applied::Unknown)),
            }
        })
    }
}
