//! When the time that callers tell may be believed enough to delete by it.

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

use grantor_core::Timestamp;

use crate::maintenance::Notice;
use crate::store::Moment;

/// How much further than the monotonic clock wall time may go before that counts as a jump.
const MAX_DRIFT: Duration = Duration::from_secs(60);
/// The longest time between the last known time and a start that is not a gap: longer than
/// [`SAVE_EVERY`], since the newest time is not saved more often.
const MAX_GAP: Duration = Duration::from_secs(15 * 60);
/// How long nothing is deleted after a jump or a gap, by the monotonic clock.
const WAIT: Duration = Duration::from_secs(3600);
const SAVE_EVERY: Duration = Duration::from_secs(5 * 60);
const MAX_NOTICES: usize = 16;

/// When a store may delete what is dead, by the times that its callers tell it.
///
/// A clock that is wrong for a minute must not delete what is live. So after a jump of wall time, and
/// after a gap at the start, a store that asks [`trusted`](Self::trusted) deletes nothing for an hour
/// of monotonic time, in which an operator can set the clock right. An adapter keeps the newest time
/// that was trusted beside its records ([`to_save`](Self::to_save)) and gives it to
/// [`new`](Self::new) at the next start.
pub struct SweepClock {
    state: Mutex<State>,
    /// The time by which to delete; [`NOT_TRUSTED`], if there is none.
    trusted: AtomicI64,
    /// A digest of both times of the last report: most calls of one millisecond have nothing to
    /// add.
    last_told: AtomicI64,
}

#[derive(Default)]
struct State {
    last: Option<Moment>,
    newest: Option<Timestamp>,
    saved: Option<Timestamp>,
    wait_until: Option<Duration>,
    notices: Vec<Notice>,
}

const NOT_TRUSTED: i64 = i64::MIN;

impl SweepClock {
    /// For a store that knows the newest time of its last run; none, if it is new or does not
    /// outlive its process.
    #[must_use]
    pub fn new(newest: Option<Timestamp>) -> Self {
        let state = State {
            newest,
            saved: newest,
            ..State::default()
        };
        Self {
            state: Mutex::new(state),
            trusted: AtomicI64::new(NOT_TRUSTED),
            last_told: AtomicI64::new(NOT_TRUSTED),
        }
    }

    /// Takes the time that a caller tells. Cheap enough for every write.
    pub fn observe(&self, moment: Moment) {
        let elapsed = i64::try_from(moment.elapsed.as_millis()).unwrap_or(i64::MAX);
        let told = moment.now.as_millis().wrapping_mul(31) ^ elapsed;
        if self.last_told.load(Ordering::Relaxed) == told {
            return;
        }
        self.last_told.store(told, Ordering::Relaxed);
        // The thread that holds the lock reports the same time.
        let mut state = match self.state.try_lock() {
            Ok(state) => state,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        let trusted = state.observe(moment);
        let trusted = trusted.map_or(NOT_TRUSTED, Timestamp::as_millis);
        self.trusted.store(trusted, Ordering::Relaxed);
    }

    /// Returns the time by which records may be judged for deletion; none while no time was
    /// reported or it is not believed.
    #[must_use]
    pub fn trusted(&self) -> Option<Timestamp> {
        let trusted = self.trusted.load(Ordering::Relaxed);
        (trusted != NOT_TRUSTED).then(|| Timestamp::from_millis(trusted))
    }

    /// The newest time, if it is due to be saved beside the records. It counts as saved then; call
    /// [`not_saved`](Self::not_saved) if that failed.
    #[must_use]
    pub fn to_save(&self) -> Option<Timestamp> {
        self.trusted()?;
        let mut state = self.lock();
        let newest = state.newest?;
        let due = state.saved.is_none_or(|saved| newest >= saved + SAVE_EVERY);
        if due {
            state.saved = Some(newest);
        }
        due.then_some(newest)
    }

    /// Notes that the last time from [`to_save`](Self::to_save) was not saved.
    pub fn not_saved(&self) {
        self.lock().saved = None;
    }

    /// Returns the notices since the last call.
    #[must_use]
    pub fn take_notices(&self) -> Vec<Notice> {
        std::mem::take(&mut self.lock().notices)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The time by which records may be judged.
    fn observe(&mut self, moment: Moment) -> Option<Timestamp> {
        let expected = match self.last {
            // A thread that read its clocks earlier came later.
            Some(last) if moment.elapsed < last.elapsed => return self.current(),
            Some(last) => Some((last.now + (moment.elapsed - last.elapsed), MAX_DRIFT)),
            None => self.newest.map(|newest| (newest, MAX_GAP)),
        };
        if let Some((expected, tolerance)) = expected {
            let from = self.last.map_or(expected, |last| last.now);
            if moment.now > expected + tolerance {
                self.wait_until = Some(moment.elapsed + WAIT);
                self.notice(from, moment.now);
            } else if moment.now + MAX_DRIFT < expected {
                self.notice(from, moment.now);
                // Somebody has set it right: what it showed before is no measure any more.
                (self.newest, self.saved) = (None, None);
            }
        }
        self.last = Some(moment);
        self.current()
    }

    fn current(&mut self) -> Option<Timestamp> {
        let last = self.last?;
        if self.wait_until.is_some_and(|until| last.elapsed < until) {
            return None;
        }
        self.wait_until = None;
        let newest = self.newest.map_or(last.now, |newest| newest.max(last.now));
        self.newest = Some(newest);
        Some(last.now)
    }

    fn notice(&mut self, from: Timestamp, to: Timestamp) {
        if self.notices.len() < MAX_NOTICES {
            let restarted = self.last.is_none();
            self.notices.push(Notice::ClockJumped {
                from,
                to,
                restarted,
            });
        }
    }
}

impl fmt::Debug for SweepClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SweepClock")
            .field("trusted", &self.trusted())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
