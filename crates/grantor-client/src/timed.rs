//! When a token request was last sent, which is when lifetimes begin; and that it is not sent under a
//! lease that has lapsed.

use std::time::Duration;

use grantor_core::TokenResponse;
use grantor_core::exchange::{Event, Exchange, FetchError, FetchToken, NoAnswer, Step};

use crate::lease::Term;

/// A token request, and when it was last sent.
pub(crate) struct Timed {
    exchange: FetchToken,
    sent_at: Duration,
    /// How long it may be sent; for ever, if nobody else would.
    term: Option<Term>,
}

impl Timed {
    pub(crate) fn new(exchange: FetchToken, term: Option<Term>) -> Self {
        Self {
            exchange,
            sent_at: Duration::ZERO,
            term,
        }
    }
}

impl Exchange for Timed {
    type Output = (Result<TokenResponse, FetchError>, Duration);

    fn step(&mut self, event: Event, elapsed: Duration) -> Step<Self::Output> {
        match self.exchange.step(event, elapsed) {
            // A process that was stopped, or a machine that slept, finds the lease with somebody else,
            // who has spent the refresh token.
            Step::Send(_) if self.term.as_ref().is_some_and(|term| term.is_over(elapsed)) => {
                let unsent = FetchError::NoAnswer(NoAnswer::Unsent);
                Step::Done((Err(unsent), self.sent_at))
            }
            Step::Send(request) => {
                self.sent_at = elapsed;
                Step::Send(request)
            }
            Step::Wait(pause) => Step::Wait(pause),
            Step::Done(output) => Step::Done((output, self.sent_at)),
        }
    }
}
