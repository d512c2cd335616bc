//! An instant until which something may be done, and which others extend.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::instant::nanos;

/// Until when a lease can be relied on, by a clock that runs while the machine sleeps.
#[derive(Debug, Clone)]
pub(crate) struct LeaseDeadline(Arc<AtomicU64>);

impl LeaseDeadline {
    pub(crate) fn at(end: Duration) -> Self {
        Self(Arc::new(AtomicU64::new(nanos(end))))
    }

    pub(crate) fn extend_to(&self, end: Duration) {
        self.0.store(nanos(end), Ordering::Relaxed);
    }

    pub(crate) fn has_passed(&self, now: Duration) -> bool {
        nanos(now) >= self.0.load(Ordering::Relaxed)
    }
}
