//! The task that renews a token and publishes it.

use std::sync::Arc;

use tokio::sync::watch;

use super::{RenewalResult, TokenSlot};
use crate::error::Error;
use crate::observe::event::Event;
use crate::observe::metrics::MetricEvent;
use crate::renew::{Origin, Renewal};
use crate::token::reason::RenewalReason;

/// A renewal under way. If it ends without a result, in a panic or with its runtime, dropping it wakes
/// all who wait.
pub(super) struct RenewalTask {
    slot: Arc<TokenSlot>,
    number: u64,
    /// None, once all who wait were woken.
    sender: Option<watch::Sender<Option<RenewalResult>>>,
}

impl RenewalTask {
    pub(super) fn new(
        slot: Arc<TokenSlot>,
        number: u64,
        sender: watch::Sender<Option<RenewalResult>>,
    ) -> Self {
        Self {
            slot,
            number,
            sender: Some(sender),
        }
    }

    pub(super) async fn run(mut self, reason: RenewalReason) {
        let slot = Arc::clone(&self.slot);
        let renewal = Renewal {
            parameters: Arc::clone(&slot.parameters),
            subject: slot.subject.clone(),
            current: slot.current(),
            reason,
        };
        let acquired = slot.renewer.acquire(&renewal).await;
        let event = match acquired.as_ref().map(|acquired| acquired.from) {
            Ok(Origin::Requested) => MetricEvent::Renewal,
            Ok(Origin::Adopted) => MetricEvent::Adoption,
            Err(_) => MetricEvent::Failure,
        };
        let result = acquired.map(|acquired| slot.publish(acquired));
        self.complete(event, result);
    }

    fn complete(&mut self, event: MetricEvent, result: RenewalResult) {
        let Some(sender) = self.sender.take() else {
            return;
        };
        let observer = &self.slot.observer;
        observer.counters.count(event);
        self.slot.complete(self.number, &result);
        sender.send_replace(Some(result.clone()));
        // A listener that panics as well would end the process.
        if std::thread::panicking() {
            return;
        }
        observer.measure(event);
        observer.emit(&match result {
            Ok(_) => Event::Renewed,
            Err(error) => Event::RenewalFailed(error),
        });
    }
}

impl Drop for RenewalTask {
    fn drop(&mut self) {
        if self.sender.is_some() {
            self.complete(MetricEvent::Failure, Err(abandoned()));
        }
    }
}

#[cold]
pub(super) fn abandoned() -> Error {
    Error::transient(
        "the renewal of the token was abandoned: its task panicked, in code of the program's perhaps, or \
         its runtime was shut down; try again",
    )
}
