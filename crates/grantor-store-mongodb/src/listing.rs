//! Walking records in the order of their keys.

use futures_util::TryStreamExt as _;
use grantor_core::BoxFuture;
use grantor_store::{Entry, Error, Key, Listing};
use grantor_store_connection::Effect;
use mongodb::bson::doc;
use mongodb::options::ReadConcern;

use crate::MongodbStore;
use crate::row::{Row, id};

impl Listing for MongodbStore {
    fn list<'a>(
        &'a self,
        prefix: &'a Key,
        after: Option<&'a Key>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(Key, Entry)>, Error>> {
        Box::pin(async move {
            // A limit of zero is none for MongoDB.
            if limit == 0 {
                return Ok(Vec::new());
            }
            let prefix = id(prefix);
            // Behind every digit.
            let end = format!("{prefix}g");
            let mut range = doc! { "$gte": &prefix, "$lt": end };
            if let Some(after) = after.map(id).filter(|after| *after >= prefix) {
                range.insert("$gt", after);
            }
            let listed = async {
                let cursor = self
                    .0
                    .opened
                    .records
                    .find(doc! { "_id": range })
                    // Of one moment they need not be, and linearizable is for one document.
                    .read_concern(ReadConcern::majority())
                    .sort(doc! { "_id": 1 })
                    .limit(i64::try_from(limit).unwrap_or(i64::MAX))
                    .max_time(self.0.max_time())
                    .await?;
                cursor.try_collect().await
            };
            let rows: Vec<Row> = self.0.within(Effect::Reads, listed).await?;
            let one = |row: Row| Ok((row.key()?, row.entry()?));
            rows.into_iter().map(one).collect()
        })
    }

    fn count(&self) -> BoxFuture<'_, Result<Option<u64>, Error>> {
        Box::pin(async move {
            let counted = self.0.opened.records.estimated_document_count();
            let counted = counted.max_time(self.0.max_time());
            let counted = self.0.within(Effect::Reads, counted.into_future());
            counted.await.map(Some)
        })
    }
}
