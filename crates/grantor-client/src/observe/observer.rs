//! The recipients of token events: the listener, the metrics, the counters.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::counters::Counters;
use super::event::{Event, EventListener};
use super::metrics::{MetricEvent, Metrics};
use super::token_change::ChangeCallbacks;
use crate::runtime::per_thread::Shard;

/// The callbacks and counters of a program.
#[derive(Debug, Default)]
pub(crate) struct Observer {
    pub(crate) counters: Counters,
    pub(crate) changes: ChangeCallbacks,
    metrics: Option<Arc<dyn Metrics>>,
    listener: Option<EventListener>,
}

impl Observer {
    pub(crate) fn new(
        changes: ChangeCallbacks,
        metrics: Option<Arc<dyn Metrics>>,
        listener: Option<EventListener>,
    ) -> Self {
        Self {
            counters: Counters::default(),
            changes,
            metrics,
            listener,
        }
    }

    /// Counts a request that got a token at once.
    #[inline]
    pub(crate) fn hit(&self, shard: Shard) {
        self.counters.hit(shard);
        self.measure(MetricEvent::Hit);
    }

    /// Counts something that does not happen on every request.
    pub(crate) fn count(&self, event: MetricEvent) {
        self.counters.count(event);
        self.measure(event);
    }

    /// Counts into the program's own metrics alone.
    #[inline]
    pub(crate) fn measure(&self, event: MetricEvent) {
        if let Some(metrics) = &self.metrics {
            metrics.count(event);
        }
    }

    /// Logs an event and notifies the listener.
    pub(crate) fn emit(&self, event: &Event) {
        match event {
            Event::Renewed => tracing::debug!("the token was renewed"),
            Event::ChangeNotTaken => tracing::error!("a callback did not end in time"),
            Event::Persisted => tracing::info!("the refresh token is stored now"),
            Event::RenewalFailed(error) => {
                let code = error.oauth_error().map(ToString::to_string);
                let (kind, oauth_error) = (error.kind(), code.as_deref());
                tracing::warn!(%error, kind, oauth_error, "the token was not renewed");
            }
            Event::NotPersisted => tracing::error!("the refresh token can't be stored yet"),
            Event::LoginEnded => tracing::warn!("the login is over"),
        }
        let Some(EventListener(listener)) = &self.listener else {
            return;
        };
        // It is notified of what has happened, and changes nothing of that.
        if catch_unwind(AssertUnwindSafe(|| listener(event))).is_err() {
            tracing::error!("a listener to events panicked");
        }
    }
}
