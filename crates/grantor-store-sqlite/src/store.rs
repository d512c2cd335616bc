//! The store itself: reads on the calling thread, writes handed to the writer.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use grantor_core::{BoxFuture, Timestamp};
use grantor_store::{
    Applied, Capabilities, Durability, Entry, Error, Expect, Key, Listing, Moment, Put, PutOutcome,
    RemoveOutcome, Store,
};

use crate::SqliteOptions;
use crate::connection::open_writer;
use crate::error::failed;
use crate::file::create_private;
use crate::readers::Readers;
use crate::rows;
use crate::schema::migrate;
use crate::writer::Writer;

/// Records in one SQLite file. Clones share it; the last one to go waits until what was handed over
/// is written.
///
/// Dead records are deleted beside the writes, a few rows with each, once somebody tells the store
/// the time (as [`Records`](grantor_store::Records) does). Their room is used again; the file does
/// not shrink.
#[derive(Clone)]
pub struct SqliteStore(Arc<Inner>);

struct Inner {
    path: PathBuf,
    durability: Durability,
    max_clock_skew: Duration,
    readers: Readers,
    writer: Writer,
}

impl SqliteStore {
    /// Opens the database at `path`, creating it (mode 0600) if there is none, with
    /// [`SqliteOptions::default`].
    ///
    /// # Errors
    /// The path can't be written, is not a database or another program's
    /// ([`is_configuration`](Error::is_configuration)); the database is of a newer version
    /// ([`is_newer`](Error::is_newer)) or damaged ([`is_corrupt`](Error::is_corrupt)).
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        SqliteOptions::default().open(path)
    }

    pub(crate) fn open_with(path: &Path, options: &SqliteOptions) -> Result<Self, Error> {
        create_private(path)?;
        let mut connection = open_writer(path, options)?;
        migrate(&mut connection, path)?;
        let readers = Readers::open(path, options)?;
        let writer = Writer::start(connection, options.max_clock_skew).map_err(|error| {
            Error::unavailable("no thread for writing could be started", Applied::No)
                .with_source(error)
        })?;
        Ok(Self(Arc::new(Inner {
            path: path.to_owned(),
            durability: options.durability(),
            max_clock_skew: options.max_clock_skew,
            readers,
            writer,
        })))
    }

    /// Deletes every record that has been dead for longer than the clock skew allowed, in small
    /// transactions between the writes of others. How many it deleted.
    ///
    /// # Errors
    /// The database can't be written.
    pub async fn sweep(&self, now: Timestamp) -> Result<usize, Error> {
        let dead_since = now - self.0.max_clock_skew;
        let (mut deleted, mut after) = (0, 0);
        loop {
            let sweep = move |connection: &_| rows::sweep(connection, after, 256, dead_since);
            let swept = self.0.writer.run(sweep).await?;
            deleted += swept.deleted;
            match swept.last {
                Some(last) => after = last,
                None => return Ok(deleted),
            }
        }
    }
}

impl Store for SqliteStore {
    fn capabilities(&self) -> Capabilities {
        Capabilities::new("the SQLite store")
            .with_durability(self.0.durability)
            .shared()
    }

    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        Box::pin(async move {
            rows::get(&self.0.readers.take(), key).map_err(|error| failed("read", error))
        })
    }

    fn get_many<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Result<Vec<Option<Entry>>, Error>> {
        Box::pin(async move {
            rows::get_many(&self.0.readers.take(), keys).map_err(|error| failed("read", error))
        })
    }

    fn health(&self) -> BoxFuture<'_, Result<(), Error>> {
        // Committed, and so on the disk, like any write.
        Box::pin(self.0.writer.run(|_| Ok(())))
    }

    fn put<'a>(&'a self, put: &'a Put) -> BoxFuture<'a, Result<PutOutcome, Error>> {
        Box::pin(async move {
            put.check_size()?;
            let put = put.clone();
            let work = move |connection: &_| rows::put(connection, &put);
            self.0.writer.run(work).await
        })
    }

    fn remove<'a>(
        &'a self,
        key: &'a Key,
        expect: Expect,
    ) -> BoxFuture<'a, Result<RemoveOutcome, Error>> {
        let key = *key;
        let work = move |connection: &_| rows::remove(connection, &key, expect);
        Box::pin(self.0.writer.run(work))
    }

    fn observe_time(&self, moment: Moment) {
        self.0.writer.observe_time(moment.now);
    }

    fn listing(&self) -> Option<&dyn Listing> {
        Some(self)
    }
}

impl Listing for SqliteStore {
    fn list<'a>(
        &'a self,
        prefix: &'a Key,
        after: Option<&'a Key>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(Key, Entry)>, Error>> {
        Box::pin(async move {
            rows::list(&self.0.readers.take(), prefix, after, limit)
                .map_err(|error| failed("read", error))
        })
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore")
            .field("path", &self.0.path)
            .field("durability", &self.0.durability)
            .finish_non_exhaustive()
    }
}
