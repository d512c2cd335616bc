//! The store itself.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use grantor_core::BoxFuture;
use grantor_store::{
    Capabilities, Counter, Entry, Error, Expect, Key, Listing, Maintenance, Moment, Put,
    PutOutcome, RemoveOutcome, Store, SweepClock,
};
use grantor_store_connection::{Effect, in_doubt, timed_out};
use mongodb::Database;
use mongodb::bson::{Document, doc};
use tokio::runtime::Handle;
use tokio::time::timeout;

use crate::error::{failed, is_duplicate};
use crate::open::{Opened, open};
use crate::row::{Row, binary, id};
use crate::{MongodbOptions, url};

/// How often a write without a condition is tried that another one made fail.
const MAX_TRIES: usize = 8;

/// Records in MongoDB. Clones share the connections.
///
/// Dead records of kinds that are short-lived or caches are deleted by MongoDB itself, some minutes
/// after their end; all others by [`Store::maintain`]. After a jump of the clock that deletes nothing
/// for an hour: see [`SweepClock`].
#[derive(Clone)]
pub struct MongodbStore(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) opened: Opened,
    pub(crate) clock: SweepClock,
    pub(crate) options: MongodbOptions,
}

impl MongodbStore {
    /// Uses the database at `url`, with [`MongodbOptions::default`].
    ///
    /// The URL is `mongodb://USER:PASSWORD@HOST:PORT,HOST:PORT/DATABASE`, with the parameters that
    /// MongoDB knows (`replicaSet`, `authSource`, `tlsCAFile`, `maxPoolSize`, …) and `timeout`
    /// (seconds). A connection to another machine uses TLS unless the URL has `tls=false`. Collections
    /// and indexes are made if there are none.
    ///
    /// # Errors
    /// The URL or the password is wrong, the user lacks a right, or the server is in no replica set
    /// ([`is_configuration`](Error::is_configuration)); no primary can be reached.
    pub async fn open(url: &str) -> Result<Self, Error> {
        MongodbOptions::default().open(url).await
    }

    pub(crate) async fn open_with(url: &str, options: &MongodbOptions) -> Result<Self, Error> {
        in_a_runtime()?;
        let location = url::parse(url, options).await?;
        // Indexes take longer where there are many records already.
        let limit = location.options.timeout * 12;
        let opened = timeout(limit, open(&location)).await;
        let opened = opened.map_err(|_| timed_out("MongoDB", Effect::Reads))??;
        Ok(Self(Arc::new(Inner {
            clock: SweepClock::new(opened.newest),
            opened,
            options: location.options,
        })))
    }
}

fn in_a_runtime() -> Result<(), Error> {
    let found = Handle::try_current();
    found
        .map(drop)
        .map_err(|_| Error::configuration("the MongoDB store is used outside of a Tokio runtime"))
}

impl Inner {
    /// How long MongoDB works on a read.
    pub(crate) fn max_time(&self) -> Duration {
        self.options.timeout
    }

    /// Runs one statement within the time of an operation.
    pub(crate) async fn within<T>(
        &self,
        effect: Effect,
        statement: impl Future<Output = mongodb::error::Result<T>>,
    ) -> Result<T, Error> {
        let answer = async { statement.await.map_err(|error| failed(effect, &error)) };
        self.all_within(effect, answer).await
    }

    /// Runs an operation of several statements, which have its time together.
    async fn all_within<T>(
        &self,
        effect: Effect,
        operation: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        in_a_runtime()?;
        let done = timeout(self.options.timeout, operation).await;
        done.unwrap_or_else(|_| Err(timed_out("MongoDB", effect)))
    }

    pub(crate) fn database(&self) -> &Database {
        &self.opened.database
    }

    async fn read(&self, key: &Key) -> Result<Option<Row>, Error> {
        let records = &self.opened.records;
        let found = records.find_one(doc! { "_id": id(key) });
        let found = found.max_time(self.max_time()).await;
        found.map_err(|error| failed(Effect::Reads, &error))
    }

    async fn write(&self, put: &Put) -> Result<PutOutcome, Error> {
        put.check_size()?;
        let row = Row::of(put, self.options.max_clock_skew);
        match &put.expect {
            Expect::Absent => self.create(put, &row).await,
            Expect::Any => self.replace(doc! { "_id": &row.key }, &row, true).await,
            Expect::Version(version) => {
                let versions = [binary(&version.0), binary(&put.version.0)];
                let filter = doc! { "_id": &row.key, "v": { "$in": &versions[..] } };
                self.replace(filter, &row, false).await
            }
            _ => Err(Error::configuration("an expectation of another kind")),
        }
    }

    /// Creates a record. One that is there, under the put's own version, was created by an earlier
    /// try; it is read from most members, so that it counts as written.
    async fn create(&self, put: &Put, row: &Row) -> Result<PutOutcome, Error> {
        for _ in 0..MAX_TRIES {
            match self.opened.records.insert_one(row).await {
                Ok(_) => return Ok(PutOutcome::Stored),
                Err(error) if is_duplicate(&error) => {}
                Err(error) => return Err(failed(Effect::Repeatable, &error)),
            }
            // Whose it is stays unknown without an answer: an earlier try may have been applied.
            let found = self
                .read(&put.key)
                .await
                .map_err(|error| in_doubt(&error))?;
            match found.map(Row::entry).transpose()? {
                Some(stored) if stored.version == put.version => return Ok(PutOutcome::Stored),
                Some(_) => return Ok(PutOutcome::Conflict),
                // It was removed in between.
                None => {}
            }
        }
        Err(timed_out("MongoDB", Effect::Repeatable))
    }

    /// Writes a record over the one that `filter` finds, or, if it `creates`, where it finds none.
    async fn replace(
        &self,
        filter: Document,
        row: &Row,
        creates: bool,
    ) -> Result<PutOutcome, Error> {
        for _ in 0..MAX_TRIES {
            let records = &self.opened.records;
            let replaced = records.replace_one(filter.clone(), row).upsert(creates);
            match replaced.await {
                Ok(done) if done.matched_count == 1 || done.upserted_id.is_some() => {
                    return Ok(PutOutcome::Stored);
                }
                Ok(_) => return Ok(PutOutcome::Conflict),
                // Two created it at once, and one of them overwrites the other's.
                Err(error) if is_duplicate(&error) => {}
                Err(error) => return Err(failed(Effect::Repeatable, &error)),
            }
        }
        Err(timed_out("MongoDB", Effect::Repeatable))
    }

    async fn delete(&self, key: &Key, expect: Expect) -> Result<RemoveOutcome, Error> {
        let filter = match &expect {
            Expect::Any => doc! { "_id": id(key) },
            Expect::Version(version) => doc! { "_id": id(key), "v": binary(&version.0) },
            _ => {
                let found = self.read(key).await?;
                return Ok(match found {
                    None => RemoveOutcome::Absent,
                    Some(_) => RemoveOutcome::Conflict,
                });
            }
        };
        let deleted = self.opened.records.delete_one(filter).await;
        let deleted = deleted.map_err(|error| failed(Effect::Once, &error))?;
        if deleted.deleted_count == 1 {
            return Ok(RemoveOutcome::Removed);
        }
        match expect == Expect::Any || self.read(key).await?.is_none() {
            true => Ok(RemoveOutcome::Absent),
            false => Ok(RemoveOutcome::Conflict),
        }
    }

    async fn read_many(&self, keys: &[Key]) -> Result<Vec<Option<Entry>>, Error> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<String> = keys.iter().map(id).collect();
        let found = async {
            let cursor = self
                .opened
                .records
                .find(doc! { "_id": { "$in": &ids } })
                .batch_size(u32::try_from(ids.len()).unwrap_or(u32::MAX))
                .max_time(self.max_time())
                .await?;
            cursor.try_collect().await
        };
        let found: Vec<Row> = self.within(Effect::Reads, found).await?;
        let entries = found.into_iter().map(|row| {
            let key = row.key.clone();
            row.entry().map(|entry| (key, entry))
        });
        let entries = entries.collect::<Result<std::collections::HashMap<_, _>, _>>()?;
        Ok(ids.iter().map(|id| entries.get(id).cloned()).collect())
    }
}

impl Store for MongodbStore {
    fn capabilities(&self) -> Capabilities {
        self.0.opened.capabilities
    }

    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        Box::pin(async move {
            let found = self.0.all_within(Effect::Reads, self.0.read(key)).await?;
            found.map(Row::entry).transpose()
        })
    }

    fn get_many<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Result<Vec<Option<Entry>>, Error>> {
        Box::pin(self.0.read_many(keys))
    }

    fn put<'a>(&'a self, put: &'a Put) -> BoxFuture<'a, Result<PutOutcome, Error>> {
        Box::pin(self.0.all_within(Effect::Repeatable, self.0.write(put)))
    }

    fn remove<'a>(
        &'a self,
        key: &'a Key,
        expect: Expect,
    ) -> BoxFuture<'a, Result<RemoveOutcome, Error>> {
        Box::pin(self.0.all_within(Effect::Once, self.0.delete(key, expect)))
    }

    fn health(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async move {
            let ping = self.0.database().run_command(doc! { "ping": 1 });
            self.0
                .within(Effect::Reads, ping.into_future())
                .await
                .map(drop)
        })
    }

    fn observe_time(&self, moment: Moment) {
        self.0.clock.observe(moment);
    }

    fn maintain(&self, moment: Moment) -> BoxFuture<'_, Result<Maintenance, Error>> {
        Box::pin(self.0.keep_up(moment))
    }

    fn listing(&self) -> Option<&dyn Listing> {
        Some(self)
    }

    fn counter(self: Arc<Self>) -> Option<Arc<dyn Counter>> {
        Some(self)
    }
}

impl fmt::Debug for MongodbStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MongodbStore")
            .field("capabilities", &self.0.opened.capabilities)
            .field("options", &self.0.options)
            .finish_non_exhaustive()
    }
}
