//! The outcome of a load, counted.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Longer than any outage here.
const PATIENCE: Duration = Duration::from_secs(120);

/// What happened, by its name, and the pauses between answers.
#[derive(Debug)]
pub(super) struct Statistics(Mutex<Counted>);

#[derive(Debug)]
struct Counted {
    events: BTreeMap<&'static str, usize>,
    wrong: Vec<String>,
    last_write: Instant,
    longest_pause: Duration,
    longest_answer: Duration,
}

impl Statistics {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Counted {
            events: BTreeMap::new(),
            wrong: Vec::new(),
            last_write: Instant::now(),
            longest_pause: Duration::ZERO,
            longest_answer: Duration::ZERO,
        }))
    }

    fn lock(&self) -> MutexGuard<'_, Counted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn count(&self, event: &'static str) {
        *self.lock().events.entry(event).or_default() += 1;
    }

    /// A write that was answered with success: the store works.
    pub(super) fn wrote(&self) {
        let mut counted = self.lock();
        let pause = counted.last_write.elapsed();
        counted.longest_pause = counted.longest_pause.max(pause);
        counted.last_write = Instant::now();
    }

    /// How long an answer took.
    pub(super) fn answered(&self, time: Duration) {
        let mut counted = self.lock();
        counted.longest_answer = counted.longest_answer.max(time);
    }

    /// Something that must never happen.
    pub(super) fn wrong(&self, what: String) {
        self.lock().wrong.push(what);
    }

    pub(super) fn of(&self, event: &str) -> usize {
        let counted = self.lock();
        counted.events.get(event).copied().unwrap_or_default()
    }

    /// Waits until an event has happened so many times more.
    pub(super) fn wait_for_more(&self, event: &str, more: usize) {
        let (goal, began) = (self.of(event) + more, Instant::now());
        while self.of(event) < goal {
            assert!(began.elapsed() < PATIENCE, "{event}: not in time; {self}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Takes the longest pause between two writes so far, and begins anew.
    pub(super) fn take_longest_pause(&self) -> Duration {
        let mut counted = self.lock();
        let running = counted.last_write.elapsed();
        std::mem::take(&mut counted.longest_pause).max(running)
    }

    #[track_caller]
    pub(super) fn assert_nothing_wrong(&self) {
        let counted = self.lock();
        let first = counted.wrong.iter().take(10).collect::<Vec<_>>();
        let number = counted.wrong.len();
        assert!(number == 0, "{number} wrong: {first:#?}");
    }
}

impl fmt::Display for Statistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = self.lock();
        for (event, number) in &counted.events {
            write!(f, "{number} {event}, ")?;
        }
        let (pause, answer) = (counted.longest_pause, counted.longest_answer);
        let wrong = counted.wrong.len();
        write!(
            f,
            "longest pause of writes {pause:.1?}, longest answer {answer:.1?}, {wrong} wrong"
        )
    }
}
