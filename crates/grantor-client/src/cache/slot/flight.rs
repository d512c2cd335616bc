//! Which renewal is under way, who begins one, and how long a failure is remembered.

use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tracing::Instrument;

use super::renewal::RenewalTask;
use super::{InFlight, RenewalResult, TokenSlot};
use crate::cache::single_flight::{Admission, SingleFlight};
use crate::error::Error;
use crate::runtime::instant::{Nanos, nanos};
use crate::runtime::jitter::jitter;
use crate::token::cached_token::CachedToken;
use crate::token::lifetime::Freshness;
use crate::token::reason::RenewalReason;

/// How long after an early renewal was begun a caller looks after it again.
const RECHECK_AFTER: Nanos = 50_000_000;

impl TokenSlot {
    #[cold]
    pub(super) fn refresh_ahead(self: &Arc<Self>, current: &CachedToken) {
        // A failure to start it matters to nobody while the token is good.
        let _ = self.start(RenewalReason::RefreshAhead);
        // Meanwhile the others need not wait for the lock to learn that it is in flight.
        let recheck_at = self.now().saturating_add(RECHECK_AFTER);
        current.refresh_at.fetch_max(recheck_at, Ordering::Relaxed);
    }

    /// Joins the renewal that is under way, or starts one.
    pub(super) fn start(self: &Arc<Self>, reason: RenewalReason) -> Result<InFlight, Error> {
        let (sender, outcome) = watch::channel(None);
        let admission = self.single_flight().join_or_lead(
            self.now(),
            std::process::id(),
            &outcome,
            || self.is_satisfied(reason),
            || self.renewer.services.tasks.ensure_open(),
        );
        let number = match admission {
            Admission::Join(outcome) => return Ok(outcome),
            Admission::Satisfied(current) => return Ok(watch::channel(Some(Ok(current))).1),
            Admission::RecentFailure(error) => return Err(error),
            Admission::Lead(number) => number,
        };
        // From here on the renewal ends one way or the other, be it by being dropped before it ran.
        let task = RenewalTask::new(Arc::clone(self), number, sender);
        let tasks = &self.renewer.services.tasks;
        tasks.spawn(task.run(reason).instrument(self.span(reason)));
        Ok(outcome)
    }

    /// The current token, if it is what a renewal would be for.
    fn is_satisfied(&self, reason: RenewalReason) -> Option<Arc<CachedToken>> {
        let current = self.current()?;
        let freshness = current.freshness(self.now());
        let is_satisfied = match reason {
            RenewalReason::RefreshAhead => freshness == Freshness::Fresh,
            RenewalReason::Missing => freshness != Freshness::Expired,
            RenewalReason::Rejected(generation) => {
                current.generation != generation && freshness != Freshness::Expired
            }
        };
        is_satisfied.then_some(current)
    }

    pub(super) fn complete(&self, number: u64, outcome: &RenewalResult) {
        let mut single_flight = self.single_flight();
        match outcome {
            Ok(_) => single_flight.succeed(number),
            Err(error) => {
                let backoff_until = |failures| self.backoff_until(failures, error);
                let until = single_flight.fail(number, error.clone(), backoff_until);
                if let Some(current) = self.current() {
                    current.refresh_at.fetch_max(until, Ordering::Relaxed);
                }
            }
        }
    }

    /// Until when a failure is reported without another request. That is longer while a valid token remains: who
    /// comes after the token's end has not seen any failure.
    fn backoff_until(&self, failures: u32, error: &Error) -> Nanos {
        let jitter = self.jitter();
        let now = self.now();
        let after = |pause: Duration| now.saturating_add(nanos(pause));
        let good = |current: &Arc<CachedToken>| current.freshness(now) != Freshness::Expired;
        let until = match self.current().filter(good) {
            Some(current) => {
                after(current.lifetime.backoff(failures, jitter)).min(current.expires_at)
            }
            None => {
                let doubled = Duration::from_millis(250) * 2u32.pow(failures.clamp(1, 8) - 1);
                let pause = doubled.min(Duration::from_secs(30));
                after(pause.mul_f64(0.5 + jitter / 2.0))
            }
        };
        until.max(after(error.retry_after().unwrap_or_default()))
    }

    pub(super) fn jitter(&self) -> f64 {
        jitter(self.renewer.services.environment())
    }

    pub(super) fn single_flight(&self) -> MutexGuard<'_, SingleFlight<InFlight, Error>> {
        self.single_flight
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
