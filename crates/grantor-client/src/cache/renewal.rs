use std::sync::Arc;

use tokio::sync::watch;

use super::slot::{RenewalResult, TokenSlot};
use crate::error::Error;
use crate::observe::event::Event;
use crate::observe::metrics::MetricEvent;
use crate::renew;
use crate::token::reason::RenewalReason;

/// A renewal under way. However it ends, a panic and a runtime that is shut down included, dropping
/// it wakes all who wait.
pub(super) struct Renewal {
    slot: Arc<TokenSlot>,
    number: u64,
    sender: watch::Sender<Option<RenewalResult>>,
    outcome: RenewalResult,
}

impl Renewal {
    pub(super) fn new(
        slot: Arc<TokenSlot>,
        number: u64,
        sender: watch::Sender<Option<RenewalResult>>,
    ) -> Self {
        let outcome = Err(abandoned());
        Self {
            slot,
            number,
            sender,
            outcome,
        }
    }

    pub(super) async fn run(mut self, reason: RenewalReason) {
        self.outcome = renew::renew(&self.slot, reason).await;
    }
}

impl Drop for Renewal {
    fn drop(&mut self) {
        let counted = match &self.outcome {
            Ok(_) => MetricEvent::Renewal,
            Err(_) => MetricEvent::Failure,
        };
        self.slot.manager.counters.count(counted);
        self.slot.complete(self.number, &self.outcome);
        self.sender.send_replace(Some(self.outcome.clone()));
        // A listener that panics as well would end the process.
        if std::thread::panicking() {
            return;
        }
        if let Some(metrics) = &self.slot.manager.metrics {
            metrics.count(counted);
        }
        self.slot.manager.emit(&match &self.outcome {
            Ok(_) => Event::Renewed,
            Err(error) => Event::RenewalFailed(error.clone()),
        });
    }
}

#[cold]
pub(super) fn abandoned() -> Error {
    Error::transient("the renewal of the token was abandoned; try again")
}
