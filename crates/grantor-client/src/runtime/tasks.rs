//! Work beside the callers, and the end of all of it.

use std::sync::Arc;
use std::time::Duration;

use grantor_core::Environment;
use grantor_http::pause;
use tokio::sync::{oneshot, watch};

use super::worker::Worker;
use crate::error::Error;

/// Spawns work on a worker and waits for it when it is closed.
#[derive(Debug, Clone)]
pub(crate) struct Tasks(Arc<State>);

#[derive(Debug)]
struct State {
    worker: Arc<Worker>,
    /// How many are under way.
    active: watch::Sender<usize>,
    closed: watch::Sender<bool>,
}

impl Tasks {
    pub(crate) fn new(worker: Arc<Worker>) -> Self {
        Self(Arc::new(State {
            worker,
            active: watch::Sender::new(0),
            closed: watch::Sender::new(false),
        }))
    }

    /// Runs a task that [`close`](Self::close) waits for.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let guard = TaskGuard::new(Arc::clone(&self.0));
        self.0.worker.spawn(async move {
            task.await;
            drop(guard);
        });
    }

    /// Runs work that needs a runtime, for a caller who may have none.
    pub(crate) async fn run_on_worker<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<T, Error> {
        let (sender, done) = oneshot::channel();
        self.spawn(async move {
            let _ = sender.send(work.await);
        });
        let abandoned = || Error::transient("the runtime of the tokens ended; try again");
        done.await.unwrap_or_else(|_| Err(abandoned()))
    }

    /// Returns whether the tokens were closed.
    pub(crate) fn is_closed(&self) -> bool {
        *self.0.closed.borrow()
    }

    /// Fails if no renewal may begin.
    pub(crate) fn ensure_open(&self) -> Result<(), Error> {
        if self.is_closed() {
            return Err(Error::configuration(
                "the tokens were closed: use them before \"close\"",
            ));
        }
        Ok(())
    }

    /// Begins no more renewals and waits for those under way.
    pub(crate) async fn close(&self) {
        self.0.closed.send_replace(true);
        let mut active = self.0.active.subscribe();
        let _ = active.wait_for(|active| *active == 0).await;
    }

    /// Waits until the tokens are closed.
    pub(crate) async fn closed(&self) {
        let mut closed = self.0.closed.subscribe();
        let _ = closed.wait_for(|closed| *closed).await;
    }

    /// Waits for `duration` by the environment's clock, or until the tokens are closed. Returns
    /// whether they are closed.
    pub(crate) async fn closed_within(
        &self,
        environment: &Environment,
        duration: Duration,
    ) -> bool {
        let mut closed = self.0.closed.subscribe();
        let closing = closed.wait_for(|closed| *closed);
        tokio::select! {
            biased;
            _ = closing => true,
            () = pause(environment, duration) => false,
        }
    }

    /// Returns whether a thread that blocks here may wait for tasks: they run elsewhere.
    pub(crate) fn can_block_on(&self) -> bool {
        self.0.worker.can_block_on()
    }
}

/// A task under way, until it is dropped.
struct TaskGuard(Arc<State>);

impl TaskGuard {
    fn new(state: Arc<State>) -> Self {
        state.active.send_modify(|active| *active += 1);
        Self(state)
    }
}

impl Drop for TaskGuard {
    fn drop(&mut self) {
        self.0.active.send_modify(|active| *active -= 1);
    }
}
