//! The renewals of one token: at most one is under way, and a failure stands for a while.
//!
//! A state machine without locks, clocks or tasks, so that it can be run under a scheduler that tries
//! every order of events.

use crate::token::cached_token::Instant;

/// `W` is what one waits by, `E` what a renewal fails with.
#[derive(Debug)]
pub(crate) struct Flights<W, E> {
    running: Option<Running<W>>,
    started: u64,
    /// Failures in a row.
    failures: u32,
    /// Until then a failure is told again without asking.
    failed: Option<(Instant, E)>,
}

#[derive(Debug)]
struct Running<W> {
    number: u64,
    /// After a fork the child has the flight and not the thread that flies it.
    process: u32,
    waiting: W,
}

/// What becomes of somebody who wants a renewal.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Boarding<W, S, E> {
    /// One is under way: wait for it.
    Join(W),
    /// One has ended meanwhile, and brought this.
    Settled(S),
    /// One has failed just now.
    Told(E),
    /// It is for the caller to fly the one with this number.
    Fly(u64),
}

impl<W, E> Default for Flights<W, E> {
    fn default() -> Self {
        Self {
            running: None,
            started: 0,
            failures: 0,
            failed: None,
        }
    }
}

impl<W: Clone, E: Clone> Flights<W, E> {
    /// Joins the renewal that is under way, or begins one that is waited for by `waiting`.
    ///
    /// `settled` looks once more whether there is what is wanted: a renewal may have ended since the
    /// caller looked. `open` says whether renewals may begin.
    pub(crate) fn board<S>(
        &mut self,
        now: Instant,
        process: u32,
        waiting: &W,
        settled: impl FnOnce() -> Option<S>,
        open: impl FnOnce() -> Result<(), E>,
    ) -> Boarding<W, S, E> {
        if let Some(waiting) = self.under_way(process) {
            return Boarding::Join(waiting);
        }
        if let Some(settled) = settled() {
            return Boarding::Settled(settled);
        }
        match &self.failed {
            Some((until, error)) if now < *until => return Boarding::Told(error.clone()),
            _ => {}
        }
        if let Err(error) = open() {
            return Boarding::Told(error);
        }
        self.started += 1;
        self.running = Some(Running {
            number: self.started,
            process,
            waiting: waiting.clone(),
        });
        Boarding::Fly(self.started)
    }

    /// The renewal that is under way in this process.
    pub(crate) fn under_way(&self, process: u32) -> Option<W> {
        let running = self.running.as_ref();
        let running = running.filter(|running| running.process == process);
        running.map(|running| running.waiting.clone())
    }

    /// Ends a renewal that succeeded.
    pub(crate) fn land(&mut self, number: u64) {
        self.failures = 0;
        self.failed = None;
        self.clear(number);
    }

    /// Ends a renewal that failed. `quiet_until` says, from the number of failures in a row, until
    /// when that is told without asking.
    pub(crate) fn crash(
        &mut self,
        number: u64,
        error: E,
        quiet_until: impl FnOnce(u32) -> Instant,
    ) -> Instant {
        self.failures += 1;
        let until = quiet_until(self.failures);
        self.failed = Some((until, error));
        self.clear(number);
        until
    }

    /// Forgets a failure.
    pub(crate) fn forgive(&mut self) {
        self.failed = None;
    }

    /// A flight that ends late leaves the one after it alone.
    fn clear(&mut self, number: u64) {
        if self
            .running
            .as_ref()
            .is_some_and(|running| running.number == number)
        {
            self.running = None;
        }
    }
}

#[cfg(test)]
mod tests;
