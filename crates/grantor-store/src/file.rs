//! The store that keeps a file for each record.

mod folder;
mod format;
mod garbage;
mod options;
mod writer;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use grantor_core::{BoxFuture, Timestamp};

use self::folder::Folder;
pub use self::options::FileOptions;
use self::writer::Writer;
use crate::capabilities::{Capabilities, Durability};
use crate::error::Error;
use crate::key::Key;
use crate::maintenance::Maintenance;
use crate::store::{Entry, Expect, Listing, Moment, Put, PutOutcome, RemoveOutcome, Store};
use crate::sweep_clock::SweepClock;

/// Records in a folder, one file each: for a client that keeps its tokens between two runs or
/// shares them with other processes, without a database. Clones share it; the last one to go waits
/// until what was handed over is written.
///
/// The folder is for its owner only (0700, files 0600), and one that is open to others is refused.
/// A record is written beside its place and moved there, so that a reader reads all of it; what
/// arrives together is answered together, once file and folder are on the disk. Processes take turns
/// by a lock on the folder. Writes run on a thread of the store; a read runs on the calling thread,
/// and a record that has to come from the disk holds it for as long as the disk takes.
///
/// Dead records are deleted beside the writes, once somebody tells the store the time (as
/// [`Records`](crate::Records) does). Every write looks at a few files, and every listing at all: a
/// thousand records are fine, for a million take a database. Not for a folder on a network, where
/// locks don't hold.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let home = tempfile::tempdir()?;
/// # let home = home.path();
/// let store = grantor_store::FileStore::open(home.join("tokens"))?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct FileStore(Arc<Inner>);

struct Inner {
    path: PathBuf,
    durability: Durability,
    max_clock_skew: Duration,
    clock: Arc<SweepClock>,
    folder: Arc<Folder>,
    writer: Writer,
}

impl FileStore {
    /// Opens the folder at `path`, creating it (mode 0700) if there is none, with
    /// [`FileOptions::default`].
    ///
    /// # Errors
    /// The folder can't be made or used, is a symbolic link, or is open to others
    /// ([`is_configuration`](Error::is_configuration)).
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        FileOptions::default().open(path)
    }

    fn open_with(path: &Path, options: &FileOptions) -> Result<Self, Error> {
        let folder = Arc::new(Folder::open(path, options.durability())?);
        let clock = Arc::new(SweepClock::new(folder.newest_time()));
        let writer = Writer::start(Arc::clone(&folder), Arc::clone(&clock), options)?;
        Ok(Self(Arc::new(Inner {
            path: path.to_owned(),
            durability: options.durability(),
            max_clock_skew: options.max_clock_skew,
            clock,
            folder,
            writer,
        })))
    }

    /// Deletes every record that has been dead for longer than the clock skew allowed. How many it
    /// deleted.
    ///
    /// # Errors
    /// The folder can't be read or written.
    pub async fn sweep(&self, now: Timestamp) -> Result<usize, Error> {
        let dead_since = now - self.0.max_clock_skew;
        let sweep = move |folder: &Folder| garbage::sweep(folder, dead_since);
        self.0.writer.run(sweep).await
    }
}

impl Store for FileStore {
    fn capabilities(&self) -> Capabilities {
        Capabilities::new("the file store")
            .with_durability(self.0.durability)
            .shared()
    }

    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        Box::pin(async move { self.0.folder.read(key) })
    }

    fn put<'a>(&'a self, put: &'a Put) -> BoxFuture<'a, Result<PutOutcome, Error>> {
        Box::pin(async move {
            put.check_size()?;
            let put = put.clone();
            self.0.writer.run(move |folder| put_in(folder, &put)).await
        })
    }

    fn remove<'a>(
        &'a self,
        key: &'a Key,
        expect: Expect,
    ) -> BoxFuture<'a, Result<RemoveOutcome, Error>> {
        let key = *key;
        let work = move |folder: &Folder| remove_from(folder, &key, expect);
        Box::pin(self.0.writer.run(work))
    }

    fn observe_time(&self, moment: Moment) {
        self.0.clock.observe(moment);
    }

    fn maintain(&self, moment: Moment) -> BoxFuture<'_, Result<Maintenance, Error>> {
        self.0.clock.observe(moment);
        Box::pin(async move {
            let mut maintenance = Maintenance::default();
            if let Some(now) = self.0.clock.trusted() {
                maintenance.deleted = self.sweep(now).await?;
            }
            maintenance.notices = self.0.clock.take_notices();
            Ok(maintenance)
        })
    }

    fn listing(&self) -> Option<&dyn Listing> {
        Some(self)
    }
}

impl Listing for FileStore {
    fn list<'a>(
        &'a self,
        prefix: &'a Key,
        after: Option<&'a Key>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(Key, Entry)>, Error>> {
        Box::pin(async move {
            let mut keys = self.0.folder.keys()?;
            keys.retain(|key| {
                key.as_bytes().starts_with(prefix.as_bytes())
                    && after.is_none_or(|after| key > after)
            });
            keys.sort_unstable();
            // Some may be gone by now.
            let entries = keys.into_iter().filter_map(|key| {
                let read = self.0.folder.read(&key).transpose()?;
                Some(read.map(|entry| (key, entry)))
            });
            entries.take(limit).collect()
        })
    }

    fn count(&self) -> BoxFuture<'_, Result<Option<u64>, Error>> {
        Box::pin(async move { Ok(u64::try_from(self.0.folder.keys()?.len()).ok()) })
    }
}

fn put_in(folder: &Folder, put: &Put) -> Result<PutOutcome, Error> {
    // An unconditional write also replaces a file that can't be read.
    if put.expect != Expect::Any {
        let stored = folder.read(&put.key)?.map(|entry| entry.version);
        if let Some(outcome) = put.settled_by(stored) {
            return Ok(outcome);
        }
    }
    folder.write(put)?;
    Ok(PutOutcome::Stored)
}

fn remove_from(folder: &Folder, key: &Key, expect: Expect) -> Result<RemoveOutcome, Error> {
    if expect != Expect::Any {
        match folder.read(key)? {
            None => return Ok(RemoveOutcome::Absent),
            Some(entry) if !expect.holds(Some(entry.version)) => {
                return Ok(RemoveOutcome::Conflict);
            }
            Some(_) => {}
        }
    }
    Ok(match folder.delete(key)? {
        true => RemoveOutcome::Removed,
        false => RemoveOutcome::Absent,
    })
}

impl fmt::Debug for FileStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileStore")
            .field("path", &self.0.path)
            .field("durability", &self.0.durability)
            .finish_non_exhaustive()
    }
}
