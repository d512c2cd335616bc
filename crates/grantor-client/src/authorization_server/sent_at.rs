//! When a request was last sent, which is when lifetimes begin; and that none is sent under a lease
//! that has lapsed.

use std::time::Duration;

use grantor_core::exchange::{Event, Exchange, FetchError, FetchToken, NoAnswer, Step};

use crate::cache::registry::Manager;
use crate::runtime::deadline::LeaseDeadline;

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

/// A token request that is sent only as long as a lease holds, if there is one.
///
/// A process that was stopped, or a machine that slept, finds the lease with somebody else, who has
/// spent the refresh token.
///
/// It is not tried again once the tokens are closed.
pub(crate) struct WithinLease<'a> {
    exchange: FetchToken,
    deadline: Option<LeaseDeadline>,
    manager: &'a Manager,
    waited: bool,
}

impl<'a> WithinLease<'a> {
    pub(crate) fn new(
        exchange: FetchToken,
        deadline: Option<LeaseDeadline>,
        manager: &'a Manager,
    ) -> Self {
        Self {
            exchange,
            deadline,
            manager,
            waited: false,
        }
    }
}

impl Exchange for WithinLease<'_> {
    type Output = <FetchToken as Exchange>::Output;

    fn step(&mut self, event: Event, elapsed: Duration) -> Step<Self::Output> {
        let step = self.exchange.step(event, elapsed);
        let lapsed = self
            .deadline
            .as_ref()
            .is_some_and(|deadline| deadline.has_passed(elapsed));
        self.waited |= matches!(step, Step::Wait(_));
        let closed = self.waited && self.manager.is_closed();
        let over = match step {
            Step::Send(_) => lapsed || closed,
            Step::Wait(_) => closed,
            Step::Done(_) => false,
        };
        if over {
            return Step::Done(Err(FetchError::NoAnswer(NoAnswer::Unsent)));
        }
        step
    }
}
