//! The one thread that changes the folder, under its lock, in batches.

use std::sync::Arc;
use std::time::Duration;

use super::FileOptions;
use super::folder::Folder;
use super::garbage::Collector;
use crate::error::{Applied, Error};
use crate::sweep_clock::SweepClock;
use crate::writer_thread::WriterThread;

/// An operation, or the reason that it can't be done; it gives what is to be done once the folder is
/// on the disk, or the reason that it may not be.
type Job = Box<dyn FnOnce(Result<&Folder, &str>) -> Answer + Send>;
type Answer = Box<dyn FnOnce(Result<(), &str>)>;

/// The way to the thread that writes.
pub(super) struct Writer(WriterThread<Job>);

impl Writer {
    pub(super) fn start(
        folder: Arc<Folder>,
        clock: Arc<SweepClock>,
        options: &FileOptions,
    ) -> Result<Self, Error> {
        let mut batches = Batches {
            folder,
            clock,
            busy_timeout: options.busy_timeout,
            max_clock_skew: options.max_clock_skew,
            collector: Collector::default(),
        };
        let write = move |batch: &mut Vec<Job>| batches.commit(std::mem::take(batch));
        WriterThread::start("grantor-files", "the folder of tokens", write).map(Self)
    }

    /// Has an operation done under the lock, and waits until it is on the disk.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Folder) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let job = |reply: crate::writer_thread::Reply<T>| -> Job {
            Box::new(move |folder| {
                let done = match folder {
                    Ok(folder) => work(folder),
                    Err(reason) => Err(Error::unavailable(reason, Applied::No)),
                };
                Box::new(move |synced| {
                    let answer = match (done, synced) {
                        (Ok(_), Err(reason)) => Err(Error::unavailable(reason, Applied::Unknown)),
                        (done, _) => done,
                    };
                    // A caller that has stopped waiting needs no answer.
                    let _sent = reply.send(answer);
                })
            })
        };
        self.0.run(job).await
    }
}

struct Batches {
    folder: Arc<Folder>,
    clock: Arc<SweepClock>,
    busy_timeout: Duration,
    max_clock_skew: Duration,
    collector: Collector,
}

impl Batches {
    fn commit(&mut self, batch: Vec<Job>) {
        let folder = Arc::clone(&self.folder);
        let locked = match folder.lock(self.busy_timeout) {
            Ok(locked) => locked,
            Err(error) => {
                let reason = error.to_string();
                for job in batch {
                    job(Err(&reason))(Ok(()));
                }
                return;
            }
        };
        let written = batch.len();
        let done = batch.into_iter().map(|job| job(Ok(&folder)));
        let answers: Vec<_> = done.collect();
        self.keep_up(written);
        let synced = folder.sync().map_err(|error| error.to_string());
        // Others see what they may rely on.
        drop(locked);
        for answer in answers {
            answer(synced.as_ref().copied().map_err(String::as_str));
        }
    }

    /// Deletes some of what is dead, and saves the time if that is due. A failure is no write's
    /// fault, and the next one tries again.
    fn keep_up(&mut self, written: usize) {
        let Some(now) = self.clock.trusted() else {
            return;
        };
        let dead_since = now - self.max_clock_skew;
        let _collected = self.collector.collect(&self.folder, written, dead_since);
        if let Some(newest) = self.clock.to_save()
            && self.folder.save_time(newest).is_err()
        {
            self.clock.not_saved();
        }
    }
}
