//! When a token request was last sent, which is when lifetimes begin.

use std::time::Duration;

use bytes::Bytes;
use grantor_core::exchange::{Event, Exchange, Step};
use http::Request;

/// An exchange, and when it last sent something.
pub(crate) struct Timed<X> {
    exchange: X,
    sent_at: Duration,
}

impl<X: Exchange> Exchange for Timed<X> {
    type Output = (X::Output, Duration);

    fn step(&mut self, event: Event, elapsed: Duration) -> Step<Self::Output> {
        match self.exchange.step(event, elapsed) {
            Step::Send(request) => self.send(request, elapsed),
            Step::Wait(pause) => Step::Wait(pause),
            Step::Done(output) => Step::Done((output, self.sent_at)),
        }
    }
}

impl<X> Timed<X> {
    pub(crate) fn new(exchange: X) -> Self {
        Self {
            exchange,
            sent_at: Duration::ZERO,
        }
    }

    fn send<T>(&mut self, request: Request<Bytes>, elapsed: Duration) -> Step<T> {
        self.sent_at = elapsed;
        Step::Send(request)
    }
}
