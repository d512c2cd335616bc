//! The state of one connection and its beginning, in one atomic word.
//!
//! The connection's task steps the word along; the accept loop reads it now and then. So a
//! request costs no timer and no look at the clock: time is a counter of ticks that the accept
//! loop advances.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};

use tokio::sync::Notify;

/// Whom a connection is waiting for, in the order of a request's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// For the first byte of a request.
    Idle,
    /// For the rest of a request's head.
    Head,
    /// For a request's body.
    Body,
    /// For the service, or for its answer's body.
    Working,
    /// For the last bytes of an answer to leave.
    Answered,
    /// The accept loop has decided to close it.
    Closing,
}

impl Phase {
    const ALL: [Self; 6] = [
        Self::Idle,
        Self::Head,
        Self::Body,
        Self::Working,
        Self::Answered,
        Self::Closing,
    ];
    const BITS: u32 = 3;
}

/// A phase and the tick in which it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment(u64);

impl Moment {
    fn new(phase: Phase, tick: u64) -> Self {
        Self(tick << Phase::BITS | phase as u64)
    }

    pub(crate) fn phase(self) -> Phase {
        let index = self.0 & ((1 << Phase::BITS) - 1);
        // Only `new` makes words, so the index is always in the table.
        Phase::ALL[usize::try_from(index).unwrap_or(0) % Phase::ALL.len()]
    }

    pub(crate) fn since(self) -> u64 {
        self.0 >> Phase::BITS
    }
}

/// The state that all connections of one listener share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// The listener's clock, in ticks.
    pub(crate) tick: AtomicU64,
    /// True once shutdown began.
    pub(crate) draining: AtomicBool,
    /// How many connections are open.
    pub(crate) open: AtomicUsize,
    /// Told whenever a connection has closed.
    pub(crate) closed: Notify,
}

/// One connection, as its task and the accept loop both see it.
#[derive(Debug)]
pub(crate) struct Watch {
    moment: AtomicU64,
    /// The tick in which the client first refused to take more bytes; 0 when it takes them.
    stalled: AtomicU64,
    /// True if it holds memory that all connections share.
    holds_memory: AtomicBool,
    /// True if it waits for such memory.
    short_of_memory: AtomicBool,
    /// True if its request is longer than a connection may hold.
    overrun: AtomicBool,
    shared: Arc<Shared>,
}

impl Watch {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        shared.open.fetch_add(1, Relaxed);
        let tick = shared.tick.load(Relaxed);
        Self {
            moment: AtomicU64::new(Moment::new(Phase::Idle, tick).0),
            stalled: AtomicU64::new(0),
            holds_memory: AtomicBool::new(false),
            short_of_memory: AtomicBool::new(false),
            overrun: AtomicBool::new(false),
            shared,
        }
    }

    pub(crate) fn moment(&self) -> Moment {
        Moment(self.moment.load(Relaxed))
    }

    pub(crate) fn draining(&self) -> bool {
        self.shared.draining.load(Relaxed)
    }

    /// Goes from one phase to another, if it is in the first.
    pub(crate) fn step(&self, from: Phase, to: Phase) {
        let seen = self.moment();
        if seen.phase() == from {
            self.change(seen, to);
        }
    }

    /// A request's head has arrived. `false`: too late, the accept loop is closing the connection.
    #[must_use]
    pub(crate) fn begin(&self, to: Phase) -> bool {
        loop {
            let seen = self.moment();
            if seen.phase() == Phase::Closing {
                return false;
            }
            if self.change(seen, to) {
                return true;
            }
        }
    }

    /// Decides to close the connection, unless it has moved on since it was `seen`.
    #[must_use]
    pub(crate) fn close(&self, seen: Moment) -> bool {
        seen.phase() != Phase::Closing && self.change(seen, Phase::Closing)
    }

    fn change(&self, seen: Moment, to: Phase) -> bool {
        let next = Moment::new(to, self.shared.tick.load(Relaxed));
        self.moment
            .compare_exchange(seen.0, next.0, Relaxed, Relaxed)
            .is_ok()
    }

    pub(crate) fn set_memory(&self, holds: bool, short: bool) {
        self.holds_memory.store(holds, Relaxed);
        self.short_of_memory.store(short, Relaxed);
    }

    pub(crate) fn holds_memory(&self) -> bool {
        self.holds_memory.load(Relaxed)
    }

    pub(crate) fn is_short_of_memory(&self) -> bool {
        self.short_of_memory.load(Relaxed)
    }

    pub(crate) fn overrun(&self) {
        self.overrun.store(true, Relaxed);
    }

    pub(crate) fn is_overrun(&self) -> bool {
        self.overrun.load(Relaxed)
    }

    /// The client takes no more bytes for now.
    pub(crate) fn stall(&self) {
        if self.stalled.load(Relaxed) == 0 {
            // Tick 0 would mean "not stalled"; a connection that stalls there gains one tick.
            let tick = self.shared.tick.load(Relaxed).max(1);
            self.stalled.store(tick, Relaxed);
        }
    }

    /// All that was to be written has left. `true`: with it a request was answered.
    pub(crate) fn flushed(&self) -> bool {
        if self.stalled.load(Relaxed) != 0 {
            self.stalled.store(0, Relaxed);
        }
        let answered = self.moment().phase() == Phase::Answered;
        self.step(Phase::Answered, Phase::Idle);
        answered
    }

    pub(crate) fn stalled_since(&self) -> Option<u64> {
        Some(self.stalled.load(Relaxed)).filter(|tick| *tick != 0)
    }
}

/// Counts a connection as closed when its task ends, however it ends.
#[derive(Debug)]
pub(crate) struct Open(pub(super) Arc<Watch>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.shared.open.fetch_sub(1, Relaxed);
        self.0.shared.closed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch() -> Watch {
        Watch::new(Arc::new(Shared::default()))
    }

    #[test]
    fn a_word_holds_every_phase_and_its_tick() {
        for phase in Phase::ALL {
            let moment = Moment::new(phase, 1 << 50);
            assert_eq!((moment.phase(), moment.since()), (phase, 1 << 50));
        }
    }

    #[test]
    fn a_connection_that_is_being_closed_begins_nothing() {
        let watch = watch();
        assert!(watch.close(watch.moment()));
        assert!(!watch.begin(Phase::Working));
        watch.step(Phase::Idle, Phase::Head);
        assert_eq!(watch.moment().phase(), Phase::Closing);
    }

    #[test]
    fn a_connection_that_moved_on_is_not_closed() {
        let watch = watch();
        let seen = watch.moment();
        assert!(watch.begin(Phase::Working));
        assert!(!watch.close(seen));
        assert_eq!(watch.moment().phase(), Phase::Working);
    }

    #[test]
    fn a_stall_counts_from_its_beginning_until_all_has_left() {
        let watch = watch();
        watch.shared.tick.store(5, Relaxed);
        watch.stall();
        watch.shared.tick.store(9, Relaxed);
        watch.stall();
        assert_eq!(watch.stalled_since(), Some(5));
        assert!(!watch.flushed());
        assert_eq!(watch.stalled_since(), None);
    }
}
