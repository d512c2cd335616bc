//! Deleting what is dead, where MongoDB does not do it by itself.

use futures_util::TryStreamExt as _;
use grantor_core::Timestamp;
use grantor_store::{Error, Maintenance, Moment};
use grantor_store_connection::{Effect, maintain};
use mongodb::bson::{Document, doc};
use mongodb::options::ReadConcern;

use crate::open::NEWEST;
use crate::store::Inner;

/// How many records one statement deletes.
const A_STEP: i64 = 1000;
/// How many steps one call takes at most.
const MAX_STEPS: usize = 500;

impl Inner {
    pub(crate) async fn keep_up(&self, moment: Moment) -> Result<Maintenance, Error> {
        let save = async |newest: Timestamp| {
            let newest = doc! { "$max": { "at": newest.as_millis() } };
            let settings = &self.opened.settings;
            let saved = settings.update_one(doc! { "_id": NEWEST }, newest);
            let saved = saved.upsert(true).into_future();
            self.within(Effect::Repeatable, saved).await.map(drop)
        };
        let (skew, delete) = (self.options.max_clock_skew, |at| self.sweep(at));
        maintain(&self.clock, moment, skew, delete, save).await
    }

    /// Deletes what was dead at `dead_since`, step by step. How many.
    async fn sweep(&self, dead_since: Timestamp) -> Result<usize, Error> {
        let dead = doc! { "$lte": dead_since.as_millis() };
        let names = self.opened.records.clone_with_type::<Document>();
        let mut deleted = 0;
        for _ in 0..MAX_STEPS {
            let found = async {
                let cursor = names
                    .find(doc! { "s": &dead })
                    .projection(doc! { "_id": 1 })
                    .read_concern(ReadConcern::majority())
                    .limit(A_STEP)
                    .max_time(self.max_time())
                    .await?;
                cursor.try_collect().await
            };
            let found: Vec<Document> = self.within(Effect::Reads, found).await?;
            let ids: Vec<_> = found.iter().filter_map(|found| found.get("_id")).collect();
            if ids.is_empty() {
                break;
            }
            let full = ids.len() == usize::try_from(A_STEP).unwrap_or(0);
            // One that was taken over meanwhile is dead no more.
            let filter = doc! { "_id": { "$in": ids }, "s": &dead };
            let done = names.delete_many(filter);
            let done = self.within(Effect::Repeatable, done.into_future()).await?;
            deleted += usize::try_from(done.deleted_count).unwrap_or(0);
            if !full {
                break;
            }
        }
        Ok(deleted)
    }
}
