//! A thread that writes what arrived meanwhile as one batch: for stores that commit in groups.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use futures_channel::oneshot;

use crate::error::{Applied, Error};

/// The most jobs in one batch: enough that the sync hardly counts, few enough that the first does
/// not wait long for the last.
const MAX_BATCH: usize = 512;

/// A thread that takes jobs in batches, and the way to it. The last handle waits until everything
/// that was handed over is done.
#[derive(Debug)]
pub struct WriterThread<J> {
    queue: Arc<Queue<J>>,
    thread: Option<JoinHandle<()>>,
    /// The name of the data it writes, for messages.
    what: &'static str,
}

/// Where the outcome of a job goes.
pub type Reply<T> = oneshot::Sender<Result<T, Error>>;

impl<J: Send + 'static> WriterThread<J> {
    /// Starts a thread that hands `write` all jobs that have arrived meanwhile; `write` leaves none
    /// of them.
    ///
    /// # Errors
    /// The system starts no thread.
    pub fn start(
        name: &str,
        what: &'static str,
        write: impl FnMut(&mut Vec<J>) + Send + 'static,
    ) -> Result<Self, Error> {
        let queue = Arc::new(Queue::default());
        let started = spawn(name, Arc::clone(&queue), write).map_err(|error| {
            let message = "no thread for writing could be started";
            Error::unavailable(message, Applied::No).with_source(error)
        });
        Ok(Self {
            queue,
            thread: Some(started?),
            what,
        })
    }

    /// Has a job done that sends its outcome to the [`Reply`], and waits for it.
    ///
    /// # Errors
    /// That of the job; or the thread has ended.
    pub async fn run<T>(&self, job: impl FnOnce(Reply<T>) -> J) -> Result<T, Error> {
        let (reply, outcome) = oneshot::channel();
        if !self.queue.push(job(reply)) {
            return Err(self.ended(Applied::No));
        }
        outcome
            .await
            .unwrap_or_else(|_| Err(self.ended(Applied::Unknown)))
    }
}

impl<J> WriterThread<J> {
    /// Has a job done whose outcome nobody waits for. A thread that has ended does nothing.
    pub fn submit(&self, job: J) {
        let _sent = self.queue.push(job);
    }

    fn ended(&self, applied: Applied) -> Error {
        let message = format!("the thread that writes {} has ended", self.what);
        Error::unavailable(message, applied)
    }
}

impl<J> Drop for WriterThread<J> {
    fn drop(&mut self) {
        self.queue.close();
        if let Some(thread) = self.thread.take() {
            let _ended = thread.join();
        }
    }
}

/// The jobs that wait for the thread.
#[derive(Debug)]
struct Queue<J> {
    waiting: Mutex<Waiting<J>>,
    changed: Condvar,
}

#[derive(Debug)]
struct Waiting<J> {
    jobs: Vec<J>,
    /// The last handle is dropped, or the thread has ended.
    is_closed: bool,
}

impl<J> Default for Queue<J> {
    fn default() -> Self {
        Self {
            waiting: Mutex::new(Waiting {
                jobs: Vec::new(),
                is_closed: false,
            }),
            changed: Condvar::new(),
        }
    }
}

impl<J> Queue<J> {
    /// False if the thread has ended.
    fn push(&self, job: J) -> bool {
        let mut waiting = self.lock();
        if waiting.is_closed {
            return false;
        }
        let was_empty = waiting.jobs.is_empty();
        waiting.jobs.push(job);
        drop(waiting);
        // The thread waits for the first job alone. Waking it up is a call of the system.
        if was_empty {
            self.changed.notify_one();
        }
        true
    }

    /// Waits for jobs, and moves at most [`MAX_BATCH`] of them into the empty `batch`. False if there
    /// are none and no more come.
    fn take(&self, batch: &mut Vec<J>) -> bool {
        let waiting = self.lock();
        let idle = |waiting: &mut Waiting<J>| waiting.jobs.is_empty() && !waiting.is_closed;
        let waiting = self.changed.wait_while(waiting, idle);
        let mut waiting = waiting.unwrap_or_else(PoisonError::into_inner);
        match waiting.jobs.len() {
            ..=MAX_BATCH => std::mem::swap(&mut waiting.jobs, batch),
            _ => batch.extend(waiting.jobs.drain(..MAX_BATCH)),
        }
        !batch.is_empty()
    }

    fn close(&self) {
        self.lock().is_closed = true;
        self.changed.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<J>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The end of the thread, also by a panic: jobs that wait are dropped, and so are their replies.
struct CloseAtEnd<J>(Arc<Queue<J>>);

impl<J> Drop for CloseAtEnd<J> {
    fn drop(&mut self) {
        self.0.close();
        let left = std::mem::take(&mut self.0.lock().jobs);
        drop(left);
    }
}

fn spawn<J: Send + 'static>(
    name: &str,
    queue: Arc<Queue<J>>,
    mut write: impl FnMut(&mut Vec<J>) + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().name(name.to_owned()).spawn(move || {
        let queue = CloseAtEnd(queue);
        let mut batch = Vec::with_capacity(MAX_BATCH);
        while queue.0.take(&mut batch) {
            write(&mut batch);
            batch.clear();
        }
    })
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn what_arrives_during_a_batch_is_the_next_batch_and_nothing_is_lost() {
        let sizes = Arc::new(Mutex::new(Vec::new()));
        let (begin, may_begin) = channel::<()>();
        let thread = {
            let sizes = Arc::clone(&sizes);
            WriterThread::start("test", "a test", move |batch: &mut Vec<u32>| {
                let _ended = may_begin.recv();
                sizes.lock().unwrap().push(batch.len());
            })
            .unwrap()
        };
        // Nobody waits for the answers.
        for job in 0..1000 {
            let mut run = Box::pin(thread.run::<()>(|_reply| job));
            let _pending = futures_util::FutureExt::now_or_never(&mut run);
        }
        drop(begin);
        drop(thread);
        let sizes = sizes.lock().unwrap();
        assert_eq!(sizes.iter().sum::<usize>(), 1000);
        assert!(sizes.len() <= 5, "{sizes:?}");
        assert!(sizes.iter().all(|size| *size <= MAX_BATCH), "{sizes:?}");
    }

    #[test]
    fn a_job_that_is_dropped_leaves_its_outcome_unknown() {
        let thread = WriterThread::start("test", "a test", |_: &mut Vec<()>| ()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let error = runtime.block_on(thread.run::<()>(|_reply| ())).unwrap_err();
        assert_eq!(error.applied(), Applied::Unknown);
        assert_eq!(error.to_string(), "the thread that writes a test has ended");
    }

    #[test]
    fn a_thread_that_panicked_takes_no_more_jobs() {
        let panics = |_: &mut Vec<()>| panic!("a fault of the store");
        let thread = WriterThread::start("test", "a test", panics).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let run = || runtime.block_on(thread.run::<()>(|_reply| ())).unwrap_err();
        assert_eq!(run().applied(), Applied::Unknown);
        while run().applied() != Applied::No {}
    }
}
