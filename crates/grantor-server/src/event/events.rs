//! Who hears of events.

use std::fmt;
use std::sync::Arc;

use tracing::level_filters::LevelFilter;

use super::bounded::bounded;
use super::counters::{Counters, CountersSnapshot};
use super::{Event, Severity};

/// The recipients of events: counters, the log, and the application.
pub(crate) struct Events {
    counters: Counters,
    listener: Option<Listener>,
}

pub(crate) type Listener = Arc<dyn Fn(&Event<'_>) + Send + Sync>;

impl Events {
    pub(crate) fn new(listener: Option<Listener>) -> Self {
        Self {
            counters: Counters::default(),
            listener,
        }
    }

    pub(crate) fn tell(&self, event: &Event<'_>) {
        self.counters.count(event);
        // Most events of most servers are read by the counters alone.
        if self.listener.is_some() || event.kind.severity().level() <= LevelFilter::current() {
            self.log_and_call(event);
        }
    }

    #[cold]
    fn log_and_call(&self, event: &Event<'_>) {
        let client_id = event.client_id.map(bounded);
        let subject = event.subject.map(bounded);
        let reason = event.reason.map(bounded);
        let event = Event {
            client_id: client_id.as_deref(),
            subject: subject.as_deref(),
            reason: reason.as_deref(),
            ..*event
        };
        log(&event);
        if let Some(listener) = &self.listener {
            listener(&event);
        }
    }

    pub(crate) fn counters(&self) -> CountersSnapshot {
        self.counters.snapshot()
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events")
            .field("counters", &self.counters)
            .finish_non_exhaustive()
    }
}

fn log(event: &Event<'_>) {
    macro_rules! at {
        ($level:ident) => {
            tracing::$level!(
                target: "grantor::audit",
                endpoint = event.endpoint,
                client = event.client_id,
                subject = event.subject,
                grant = event.grant.map(tracing::field::display),
                reason = event.reason,
                "{}",
                event.kind.name(),
            )
        };
    }
    match event.kind.severity() {
        Severity::Trace => at!(trace),
        Severity::Debug => at!(debug),
        Severity::Info => at!(info),
        Severity::Warning => at!(warn),
        Severity::Error => at!(error),
    }
}
