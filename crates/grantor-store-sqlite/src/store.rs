//! The store itself: reads on the calling thread, writes handed to the writer.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use grantor_core::{BoxFuture, Timestamp};
use grantor_store::{
    Applied, Capabilities, Entry, Error, Expect, Key, Listing, Maintenance, Moment, Put,
    PutOutcome, RemoveOutcome, Store, SweepClock,
};

use crate::backup::{BackupContents, back_up};
use crate::connection::{open_log, open_reader, open_writer};
use crate::error::{failed, not_opened};
use crate::log::Log;
use crate::readers::Readers;
use crate::upkeep::Upkeep;
use crate::writer::Writer;
use crate::{SqliteOptions, file, rows, schema, times};

/// Records in one SQLite file. Clones share it; the last one to go waits until what was handed over
/// is written.
///
/// Dead records are deleted beside the writes, a few rows with each, once somebody tells the store
/// the time (as [`Records`](grantor_store::Records) does), and by [`Store::maintain`], which gives
/// their room back to the system too. After a jump of the clock nothing is deleted for an hour: see
/// [`SweepClock`].
#[derive(Clone)]
pub struct SqliteStore(Arc<Inner>);

struct Inner {
    path: PathBuf,
    options: SqliteOptions,
    clock: Arc<SweepClock>,
    upkeep: Upkeep,
    readers: Readers,
    /// None, if the database was opened for reading only.
    writer: Option<Writer>,
    /// None with no writer.
    log: Option<Arc<Log>>,
}

impl SqliteStore {
    /// Opens the database at `path`, creating it (mode 0600) if there is none, with
    /// [`SqliteOptions::default`]. Its folder must exist.
    ///
    /// # Errors
    /// The path can't be written, is open to others, is not a database or another program's
    /// ([`is_configuration`](Error::is_configuration)); the database is of a newer version
    /// ([`is_newer`](Error::is_newer)) or damaged ([`is_corrupt`](Error::is_corrupt)).
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        SqliteOptions::default().open(path)
    }

    pub(crate) fn open_with(path: &Path, options: &SqliteOptions) -> Result<Self, Error> {
        file::create_private(path)?;
        let mut connection = open_writer(path, options)?;
        schema::migrate(&mut connection, path)?;
        let newest = times::newest(&connection).map_err(|error| not_opened(path, error))?;
        let clock = Arc::new(SweepClock::new(newest));
        let readers = Readers::open(|| open_reader(path, options))?;
        let log = Arc::new(Log::start(open_log(path, options)?)?);
        let (keeper, swept) = (Arc::clone(&log), Arc::clone(&clock));
        let writer = Writer::start(connection, keeper, swept, options.max_clock_skew)?;
        let writer = Some((writer, log));
        Ok(Self::new(path, options, clock, readers, writer))
    }

    pub(crate) fn open_read_only(path: &Path, options: &SqliteOptions) -> Result<Self, Error> {
        file::refuse_missing(path)?;
        let readers = Readers::open(|| {
            let connection = crate::connection::open_read_only(path, options)?;
            schema::check(&connection, path)?;
            file::refuse_open_to_others(path)?;
            Ok(connection)
        })?;
        let clock = Arc::new(SweepClock::new(None));
        Ok(Self::new(path, options, clock, readers, None))
    }

    fn new(
        path: &Path,
        options: &SqliteOptions,
        clock: Arc<SweepClock>,
        readers: Readers,
        writer: Option<(Writer, Arc<Log>)>,
    ) -> Self {
        let (writer, log) = writer.unzip();
        Self(Arc::new(Inner {
            path: path.to_owned(),
            options: options.clone(),
            clock,
            upkeep: Upkeep::default(),
            readers,
            writer,
            log,
        }))
    }

    /// Deletes every record that has been dead at `now` for longer than the clock skew allowed, in
    /// small transactions between the writes of others. How many it deleted.
    ///
    /// # Errors
    /// The database can't be written.
    pub async fn sweep(&self, now: Timestamp) -> Result<usize, Error> {
        let dead_since = now - self.0.options.max_clock_skew;
        let (mut deleted, mut after) = (0, 0);
        loop {
            let sweep = move |connection: &_| rows::sweep(connection, after, 64, dead_since);
            let swept = self.writer()?.run(sweep).await?;
            deleted += swept.deleted;
            match swept.last {
                Some(last) => after = last,
                None => return Ok(deleted),
            }
        }
    }

    /// Writes what the database holds at this moment to a new file `to` (mode 0600), while others
    /// read and write. It is one file, which can be copied to wherever backups are kept. It takes as
    /// long as the disk does, on the calling thread. `now` is noted in it as the time of the backup.
    ///
    /// The master key is not in it, and belongs to another place than the backup.
    ///
    /// # Errors
    /// There is a file `to` already, or it can't be written.
    pub fn back_up(&self, to: impl AsRef<Path>, now: Timestamp) -> Result<BackupContents, Error> {
        let connection = open_reader(&self.0.path, &self.0.options)?;
        back_up(&connection, to.as_ref(), now)
    }

    fn writer(&self) -> Result<&Writer, Error> {
        self.0.writer.as_ref().ok_or_else(|| {
            let path = self.0.path.display();
            let message = format!("the database {path} was opened for reading only");
            Error::unavailable(message, Applied::No)
        })
    }
}

impl Store for SqliteStore {
    fn capabilities(&self) -> Capabilities {
        Capabilities::new("the SQLite store")
            .with_durability(self.0.options.durability())
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
        Box::pin(async move {
            match &self.0.writer {
                // As far as a commit, like any write.
                Some(writer) => writer.run(|_| Ok(())).await,
                None => Ok(()),
            }
        })
    }

    fn put<'a>(&'a self, put: &'a Put) -> BoxFuture<'a, Result<PutOutcome, Error>> {
        Box::pin(async move {
            put.check_size()?;
            let put = put.clone();
            let work = move |connection: &_| rows::put(connection, &put);
            self.writer()?.run(work).await
        })
    }

    fn remove<'a>(
        &'a self,
        key: &'a Key,
        expect: Expect,
    ) -> BoxFuture<'a, Result<RemoveOutcome, Error>> {
        let key = *key;
        let work = move |connection: &_| rows::remove(connection, &key, expect);
        Box::pin(async move { self.writer()?.run(work).await })
    }

    fn observe_time(&self, moment: Moment) {
        self.0.clock.observe(moment);
    }

    fn maintain(&self, moment: Moment) -> BoxFuture<'_, Result<Maintenance, Error>> {
        self.0.clock.observe(moment);
        Box::pin(async move {
            let Inner { clock, upkeep, .. } = &*self.0;
            let mut maintenance = Maintenance::default();
            let (Some(writer), Some(log)) = (&self.0.writer, &self.0.log) else {
                return Ok(maintenance);
            };
            if let Some(now) = clock.trusted() {
                let dead_since = now - self.0.options.max_clock_skew;
                (maintenance.deleted, maintenance.batch_times) =
                    upkeep.sweep(writer, log, dead_since).await?;
            }
            upkeep.give_pages_back(writer, log).await?;
            let grown = upkeep.empty_log(log).await?;
            maintenance.notices = clock.take_notices();
            maintenance.notices.extend(grown);
            Ok(maintenance)
        })
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

    fn count(&self) -> BoxFuture<'_, Result<Option<u64>, Error>> {
        Box::pin(async move {
            let counted = rows::count_all(&self.0.readers.take());
            counted.map(Some).map_err(|error| failed("read", error))
        })
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore")
            .field("path", &self.0.path)
            .field("durability", &self.0.options.durability())
            .field("read_only", &self.0.writer.is_none())
            .finish_non_exhaustive()
    }
}
