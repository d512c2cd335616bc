//! Where renewals run: on a thread that outlives every runtime of the callers.

use std::cell::Cell;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::thread::ThreadId;

use tokio::runtime::{Handle, Runtime};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

type Job = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs jobs. A job that can't be run is dropped, which its guards notice.
#[derive(Debug)]
pub(crate) enum Worker {
    /// On a thread of its own, started when it is first needed.
    Thread(Mutex<Option<Thread>>),
    /// On a runtime of the user's.
    Runtime(Handle),
}

#[derive(Debug)]
pub(crate) struct Thread {
    /// Timers and sockets that are made within it are driven by the thread.
    handle: Handle,
    jobs: mpsc::UnboundedSender<Job>,
    id: ThreadId,
    process: u32,
}

impl Worker {
    pub(crate) fn thread() -> Self {
        Self::Thread(Mutex::new(None))
    }

    pub(crate) fn spawn(&self, job: impl Future<Output = ()> + Send + 'static) {
        match self {
            Self::Runtime(handle) => drop(handle.spawn(job)),
            Self::Thread(thread) => {
                let jobs = Self::with_thread(thread, |thread| thread.jobs.clone());
                // A job that is dropped may come back here.
                if let Some(jobs) = jobs {
                    let _ = jobs.send(Box::pin(job));
                }
            }
        }
    }

    /// The runtime that jobs run on, for callbacks of the user's that need one where there is none.
    pub(crate) fn handle(&self) -> Option<Handle> {
        match self {
            Self::Runtime(handle) => Some(handle.clone()),
            Self::Thread(thread) => Self::with_thread(thread, |thread| thread.handle.clone()),
        }
    }

    /// Something of the thread, which is started if need be.
    fn with_thread<T>(thread: &Mutex<Option<Thread>>, read: impl Fn(&Thread) -> T) -> Option<T> {
        let mut thread = thread.lock().unwrap_or_else(PoisonError::into_inner);
        let here = std::process::id();
        let usable = |t: &&Thread| t.process == here && !t.jobs.is_closed();
        if thread.as_ref().filter(usable).is_none() {
            *thread = Thread::start(here);
        }
        thread.as_ref().map(read)
    }

    /// Returns whether a thread that blocks here may wait for jobs: they run elsewhere.
    pub(crate) fn can_block_on(&self) -> bool {
        match self {
            Self::Runtime(_) => false,
            Self::Thread(thread) => {
                let thread = thread.lock().unwrap_or_else(PoisonError::into_inner);
                let here = (std::thread::current().id(), std::process::id());
                // On that thread it would wait for itself, and after a fork for nobody.
                let elsewhere = |thread: &Thread| thread.id != here.0 && thread.process == here.1;
                thread.as_ref().is_some_and(elsewhere)
            }
        }
    }
}

impl Thread {
    fn start(process: u32) -> Option<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let runtime = match runtime {
            Ok(runtime) => runtime,
            Err(error) => {
                tracing::error!(%error, "the runtime that renews tokens can't be started");
                return None;
            }
        };
        let handle = runtime.handle().clone();
        let (jobs, inbox) = mpsc::unbounded_channel();
        let thread = std::thread::Builder::new().name("grantor-tokens".to_owned());
        match thread.spawn(move || run(&runtime, inbox)) {
            Ok(thread) => Some(Self {
                handle,
                jobs,
                id: thread.thread().id(),
                process,
            }),
            Err(error) => {
                tracing::error!(%error, "the thread that renews tokens can't be started");
                None
            }
        }
    }
}

thread_local! {
    static HERE: Cell<bool> = const { Cell::new(false) };
}

/// Returns whether this is the thread of a manager, on which it renews and calls its callbacks.
pub(crate) fn on_worker_thread() -> bool {
    HERE.get()
}

fn run(runtime: &Runtime, mut inbox: mpsc::UnboundedReceiver<Job>) {
    HERE.set(true);
    // Tasks hold the worker that they run on, so when the inbox closes they are over.
    runtime.block_on(async {
        let mut jobs = JoinSet::new();
        loop {
            tokio::select! {
                job = inbox.recv() => match job {
                    Some(job) => drop(jobs.spawn(job)),
                    None => break,
                },
                Some(_) = jobs.join_next() => {}
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn runs_jobs_after_a_panicking_one() {
        let worker = Worker::thread();
        let (done, answer) = channel();
        worker.spawn(async { panic!("on purpose") });
        worker.spawn(async move { done.send(std::thread::current().id()).unwrap() });
        assert_ne!(answer.recv().unwrap(), std::thread::current().id());
        assert!(worker.can_block_on());
    }

    #[test]
    fn drops_what_a_runtime_that_is_gone_can_not_run() {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let worker = Worker::Runtime(runtime.unwrap().handle().clone());
        let (held, dropped) = channel::<()>();
        worker.spawn(async move {
            std::future::pending::<()>().await;
            drop(held);
        });
        assert!(dropped.recv().is_err());
        assert!(!worker.can_block_on());
    }
}
