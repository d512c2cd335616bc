//! When a request was last sent, which is when lifetimes begin; and that none is sent under a lease
//! that has lapsed, or after the tokens were closed.

use std::time::Duration;

use grantor_core::exchange::{Event, Exchange, Step};

use crate::runtime::deadline::LeaseDeadline;
use crate::runtime::tasks::Tasks;

/// An exchange, and when it last sent something.
pub(crate) struct SentAt<X> {
    exchange: X,
    sent_at: Duration,
}

impl<X> SentAt<X> {
    pub(crate) fn new(exchange: X) -> Self {
        Self {
            exchange,
            sent_at: Duration::ZERO,
        }
    }
}

impl<X: Exchange> Exchange for SentAt<X> {
    type Output = (X::Output, Duration);

    fn step(&mut self, event: Event, elapsed: Duration) -> Step<Self::Output> {
        match self.exchange.step(event, elapsed) {
            Step::Send(request) => {
                self.sent_at = elapsed;
                Step::Send(request)
            }
            Step::Wait(pause) => Step::Wait(pause),
            Step::Done(output) => Step::Done((output, self.sent_at)),
        }
    }
}

/// An exchange that sends only as long as a lease holds, if there is one. Its output is none where it
/// was stopped.
///
/// A process that was stopped, or a machine that slept, finds the lease with somebody else, who has
/// spent the refresh token.
///
/// It waits for nothing once the tokens are closed.
pub(crate) struct WithinLease<'a, X> {
    exchange: X,
    deadline: Option<LeaseDeadline>,
    tasks: &'a Tasks,
    waited: bool,
}

impl<'a, X> WithinLease<'a, X> {
    pub(crate) fn new(exchange: X, deadline: Option<LeaseDeadline>, tasks: &'a Tasks) -> Self {
        Self {
            exchange,
            deadline,
            tasks,
            waited: false,
        }
    }
}

impl<X: Exchange> Exchange for WithinLease<'_, X> {
    type Output = Option<X::Output>;

    fn step(&mut self, event: Event, elapsed: Duration) -> Step<Self::Output> {
        let step = self.exchange.step(event, elapsed);
        let deadline = self.deadline.as_ref();
        let lapsed = deadline.is_some_and(|deadline| deadline.has_passed(elapsed));
        self.waited |= matches!(step, Step::Wait(_));
        let closed = self.waited && self.tasks.is_closed();
        match step {
            Step::Send(_) if lapsed || closed => Step::Done(None),
            Step::Wait(_) if closed => Step::Done(None),
            Step::Send(request) => Step::Send(request),
            Step::Wait(pause) => Step::Wait(pause),
            Step::Done(output) => Step::Done(Some(output)),
        }
    }
}
