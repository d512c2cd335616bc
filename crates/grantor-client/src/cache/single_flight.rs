//! The renewals of one token: at most one is in flight, and a failure is reported again for a while.
//!
//! A state machine without locks, clocks or tasks, so that it can be run under a scheduler that tries
//! every order of events.

use crate::runtime::instant::Nanos;

/// `W` is what one waits by, `E` what a renewal fails with.
#[derive(Debug)]
pub(crate) struct SingleFlight<W, E> {
    running: Option<Running<W>>,
    started: u64,
    /// Failures in a row.
    failures: u32,
    /// Until then a failure is reported again without another request.
    failed: Option<(Nanos, E)>,
}

#[derive(Debug)]
struct Running<W> {
    number: u64,
    /// After a fork the child has the renewal and not the thread that runs it.
    process: u32,
    waiting: W,
}

/// The role of a caller who needs a renewal.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Admission<W, S, E> {
    /// One is under way: wait for it.
    Join(W),
    /// One has ended meanwhile, with this result.
    Satisfied(S),
    /// One has failed just now.
    RecentFailure(E),
    /// It is for the caller to run the one with this number.
    Lead(u64),
}

impl<W, E> Default for SingleFlight<W, E> {
    fn default() -> Self {
        Self {
            running: None,
            started: 0,
            failures: 0,
            failed: None,
        }
    }
}

impl<W: Clone, E: Clone> SingleFlight<W, E> {
    /// Joins the renewal that is under way, or begins one that is waited for by `waiting`.
    ///
    /// `satisfied` looks once more whether there is what is wanted: a renewal may have ended since the
    /// caller looked. `open` says whether renewals may begin.
    pub(crate) fn join_or_lead<S>(
        &mut self,
        now: Nanos,
        process: u32,
        waiting: &W,
        satisfied: impl FnOnce() -> Option<S>,
        open: impl FnOnce() -> Result<(), E>,
    ) -> Admission<W, S, E> {
        if let Some(waiting) = self.in_flight(process) {
            return Admission::Join(waiting);
        }
        if let Some(satisfied) = satisfied() {
            return Admission::Satisfied(satisfied);
        }
        match &self.failed {
            Some((until, error)) if now < *until => return Admission::RecentFailure(error.clone()),
            _ => {}
        }
        if let Err(error) = open() {
            return Admission::RecentFailure(error);
        }
        self.started += 1;
        self.running = Some(Running {
            number: self.started,
            process,
            waiting: waiting.clone(),
        });
        Admission::Lead(self.started)
    }

    /// The renewal that is under way in this process.
    pub(crate) fn in_flight(&self, process: u32) -> Option<W> {
        let running = self.running.as_ref();
        let running = running.filter(|running| running.process == process);
        running.map(|running| running.waiting.clone())
    }

    /// Ends a renewal that succeeded.
    pub(crate) fn succeed(&mut self, number: u64) {
        self.failures = 0;
        self.failed = None;
        self.release(number);
    }

    /// Ends a renewal that failed. `backoff_until` says, from the number of failures in a row, until
    /// when that is reported without another request.
    pub(crate) fn fail(
        &mut self,
        number: u64,
        error: E,
        backoff_until: impl FnOnce(u32) -> Nanos,
    ) -> Nanos {
        self.failures += 1;
        let until = backoff_until(self.failures);
        self.failed = Some((until, error));
        self.release(number);
        until
    }

    /// Forgets a failure.
    pub(crate) fn clear_failure(&mut self) {
        self.failed = None;
    }

    /// A renewal that ends late leaves the one after it alone.
    fn release(&mut self, number: u64) {
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
