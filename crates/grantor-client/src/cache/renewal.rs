use std::sync::Arc;

use tokio::sync::watch;

use super::slot::{Outcome, Slot, Why};
use crate::error::Error;
use crate::observe::event::Event;
use crate::observe::metrics::Counted;
use crate::renew;

/// A renewal under way. However it ends, a panic and a runtime that is shut down included, dropping
/// it wakes all who wait.
pub(super) struct Flight {
    slot: Arc<Slot>,
    number: u64,
    sender: watch::Sender<Option<Outcome>>,
    outcome: Outcome,
}

impl Flight {
    pub(super) fn new(
        slot: Arc<Slot>,
        number: u64,
        sender: watch::Sender<Option<Outcome>>,
    ) -> Self {
        let outcome = Err(abandoned());
        Self {
            slot,
            number,
            sender,
            outcome,
        }
    }

    pub(super) async fn fly(mut self, why: Why) {
        self.outcome = renew::renew(&self.slot, why).await;
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let counted = match &self.outcome {
            Ok(_) => Counted::Renewal,
            Err(_) => Counted::Failure,
        };
        self.slot.manager.counters.count(counted);
        self.slot.finish(self.number, &self.outcome);
        self.sender.send_replace(Some(self.outcome.clone()));
        // A listener that panics as well would end the process.
        if std::thread::panicking() {
            return;
        }
        if let Some(metrics) = &self.slot.manager.metrics {
            metrics.count(counted);
        }
        self.slot.manager.tell(&match &self.outcome {
            Ok(_) => Event::Renewed,
            Err(error) => Event::RenewalFailed(error.clone()),
        });
    }
}

#[cold]
pub(super) fn abandoned() -> Error {
    Error::transient("the renewal of the token was abandoned; try again")
}
