//! The one thread that changes the folder, under its lock, in batches.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use futures_channel::oneshot;
use grantor_core::Timestamp;

use super::FileOptions;
use super::folder::Folder;
use super::garbage::Collector;
use crate::{Applied, Error};

/// The most operations under one lock.
const MAX_BATCH: usize = 512;
const NEVER_TOLD: i64 = i64::MIN;

/// An operation, or the reason that it can't be done; it gives what is to be done once the folder is
/// on the disk, or the reason that it may not be.
type Job = Box<dyn FnOnce(Result<&Folder, &str>) -> Answer + Send>;
type Answer = Box<dyn FnOnce(Result<(), &str>)>;

/// The thread that writes, and the way to it.
pub(super) struct Writer {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    /// The time last told in milliseconds.
    now: Arc<AtomicI64>,
}

impl Writer {
    pub(super) fn start(folder: Arc<Folder>, options: &FileOptions) -> io::Result<Self> {
        let now = Arc::new(AtomicI64::new(NEVER_TOLD));
        let (jobs, received) = channel();
        let batches = Batches {
            folder,
            now: Arc::clone(&now),
            busy_timeout: options.busy_timeout,
            max_clock_skew: options.max_clock_skew,
            collector: Collector::default(),
        };
        let thread = thread::Builder::new()
            .name("grantor-files".to_owned())
            .spawn(move || batches.run(&received))?;
        Ok(Self {
            jobs: Some(jobs),
            thread: Some(thread),
            now,
        })
    }

    pub(super) fn observe_time(&self, now: Timestamp) {
        self.now.store(now.as_millis(), Ordering::Relaxed);
    }

    /// Has an operation done under the lock, and waits until it is on the disk.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Folder) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (reply, outcome) = oneshot::channel();
        let job: Job = Box::new(move |folder| {
            let done = match folder {
                Ok(folder) => work(folder),
                Err(reason) => Err(Error::unavailable(reason, Applied::No)),
            };
            Box::new(move |synced| {
                let answer = match (done, synced) {
                    (Ok(_), Err(reason)) => Err(Error::unavailable(reason, Applied::Unknown)),
                    (done, _) => done,
                };
                // Whoever has stopped waiting is not missed.
                let _sent = reply.send(answer);
            })
        });
        let sent = self.jobs.as_ref().map(|jobs| jobs.send(job));
        let Some(Ok(())) = sent else {
            return Err(ended(Applied::No));
        };
        outcome
            .await
            .unwrap_or_else(|_| Err(ended(Applied::Unknown)))
    }
}

impl Drop for Writer {
    /// Waits until everything that was handed over is done.
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ended = thread.join();
        }
    }
}

fn ended(applied: Applied) -> Error {
    Error::unavailable(
        "the thread that writes the folder of tokens has ended",
        applied,
    )
}

struct Batches {
    folder: Arc<Folder>,
    now: Arc<AtomicI64>,
    busy_timeout: Duration,
    max_clock_skew: Duration,
    collector: Collector,
}

impl Batches {
    /// Each round takes what has arrived while the last one was on its way to the disk.
    fn run(mut self, jobs: &Receiver<Job>) {
        while let Ok(job) = jobs.recv() {
            let mut batch = vec![job];
            batch.extend(jobs.try_iter().take(MAX_BATCH - 1));
            self.commit(batch);
        }
    }

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
        self.collect_garbage(written);
        let synced = folder.sync().map_err(|error| error.to_string());
        // Others see what they may rely on.
        drop(locked);
        for answer in answers {
            answer(synced.as_ref().copied().map_err(String::as_str));
        }
    }

    fn collect_garbage(&mut self, written: usize) {
        let now = self.now.load(Ordering::Relaxed);
        if now == NEVER_TOLD {
            return;
        }
        let dead_since = Timestamp::from_millis(now) - self.max_clock_skew;
        // It is no write's fault, and the next one tries again.
        let _collected = self.collector.collect(&self.folder, written, dead_since);
    }
}
