//! What a manager does beside its callers, and its end.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{oneshot, watch};

use crate::cache::registry::Manager;
use crate::error::Error;

#[derive(Debug)]
pub(crate) struct Tasks {
    /// How many are under way.
    active: watch::Sender<usize>,
    closed: watch::Sender<bool>,
}

impl Default for Tasks {
    fn default() -> Self {
        Self {
            active: watch::Sender::new(0),
            closed: watch::Sender::new(false),
        }
    }
}

impl Manager {
    /// Runs a job that [`close`](Self::close) waits for.
    pub(crate) fn spawn(self: &Arc<Self>, job: impl Future<Output = ()> + Send + 'static) {
        let active = TaskGuard::new(Arc::clone(self));
        self.shared.worker.spawn(async move {
            job.await;
            drop(active);
        });
    }

    /// Does something that takes a runtime, for a caller who may have none.
    pub(crate) async fn run_on_worker<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<T, Error> {
        let (sender, done) = oneshot::channel();
        self.spawn(async move {
            let _ = sender.send(work.await);
        });
        let abandoned = || Error::transient("the runtime of the tokens ended; try again");
        done.await.unwrap_or_else(|_| Err(abandoned()))
    }

    /// Whether the tokens were closed.
    pub(crate) fn is_closed(&self) -> bool {
        *self.tasks.closed.borrow()
    }

    /// Whether renewals may begin.
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
        self.tasks.closed.send_replace(true);
        let mut active = self.tasks.active.subscribe();
        let _ = active.wait_for(|active| *active == 0).await;
    }

    /// Waits so long, or until the tokens are closed. Whether they are.
    pub(crate) async fn closed_within(&self, pause: Duration) -> bool {
        let mut closed = self.tasks.closed.subscribe();
        let closing = closed.wait_for(|closed| *closed);
        tokio::time::timeout(pause, closing).await.is_ok()
    }
}

/// A job under way, until it is dropped.
struct TaskGuard(Arc<Manager>);

impl TaskGuard {
    fn new(manager: Arc<Manager>) -> Self {
        manager.tasks.active.send_modify(|active| *active += 1);
        Self(manager)
    }
}

impl Drop for TaskGuard {
    fn drop(&mut self) {
        self.0.tasks.active.send_modify(|active| *active -= 1);
    }
}
