//! The passwords that wait for a thread, and whose turn is next.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Whose password waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caller {
    /// An operator, or a browser that signed in before. Its turn comes before those of strangers.
    Known,
    /// Anybody who names an account; the number stands for the name.
    Stranger(u64),
}

/// A bounded queue. Of four turns one is a stranger's at least, so that neither side keeps the other
/// from its turn.
pub(super) struct Queue<J> {
    waiting: Mutex<Waiting<J>>,
    arrived: Condvar,
    limits: QueueLimits,
}

/// How many may wait.
#[derive(Debug, Clone, Copy)]
pub(super) struct QueueLimits {
    pub(super) known: usize,
    pub(super) strangers: usize,
    /// Strangers who name one account, so that guessing at it takes little of the room of others.
    pub(super) one_name: usize,
}

struct Waiting<J> {
    known: VecDeque<J>,
    strangers: VecDeque<(u64, J)>,
    turn: u8,
    closed: bool,
}

impl<J> Queue<J> {
    pub(super) fn new(limits: QueueLimits) -> Self {
        Self {
            waiting: Mutex::new(Waiting {
                known: VecDeque::new(),
                strangers: VecDeque::new(),
                turn: 0,
                closed: false,
            }),
            arrived: Condvar::new(),
            limits,
        }
    }

    /// Queues a job. `false`: there is no room, or the queue is closed.
    #[must_use]
    pub(super) fn push(&self, caller: Caller, job: J) -> bool {
        let mut waiting = self.lock();
        let fits = match caller {
            _ if waiting.closed => false,
            Caller::Known => waiting.known.len() < self.limits.known,
            Caller::Stranger(name) => {
                let same = waiting.strangers.iter().filter(|(own, _)| *own == name);
                waiting.strangers.len() < self.limits.strangers
                    && same.count() < self.limits.one_name
            }
        };
        if fits {
            match caller {
                Caller::Known => waiting.known.push_back(job),
                Caller::Stranger(name) => waiting.strangers.push_back((name, job)),
            }
            self.arrived.notify_one();
        }
        fits
    }

    /// The next job, when there is one; none when the queue is closed and empty.
    pub(super) fn pop(&self) -> Option<J> {
        let mut waiting = self.lock();
        loop {
            if let Some(job) = waiting.next() {
                return Some(job);
            }
            if waiting.closed {
                return None;
            }
            let woken = self.arrived.wait(waiting);
            waiting = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Takes no more jobs.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<J>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<J> Waiting<J> {
    fn next(&mut self) -> Option<J> {
        self.turn = (self.turn + 1) % 4;
        let stranger = |waiting: &mut Self| waiting.strangers.pop_front().map(|(_, job)| job);
        match self.turn {
            0 => stranger(self).or_else(|| self.known.pop_front()),
            _ => self.known.pop_front().or_else(|| stranger(self)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue() -> Queue<&'static str> {
        Queue::new(QueueLimits {
            known: 4,
            strangers: 3,
            one_name: 2,
        })
    }

    #[test]
    fn guessing_at_one_account_leaves_room_for_others() {
        let queue = queue();
        assert!(queue.push(Caller::Stranger(1), "a"));
        assert!(queue.push(Caller::Stranger(1), "b"));
        assert!(!queue.push(Caller::Stranger(1), "c"));
        assert!(queue.push(Caller::Stranger(2), "d"));
        assert!(!queue.push(Caller::Stranger(3), "e"));
        assert!(queue.push(Caller::Known, "f"));
    }

    #[test]
    fn known_callers_come_first_and_strangers_get_a_turn() {
        let queue = queue();
        for (name, job) in [(1, "s1"), (2, "s2"), (3, "s3")] {
            assert!(queue.push(Caller::Stranger(name), job));
        }
        for job in ["k1", "k2", "k3", "k4"] {
            assert!(queue.push(Caller::Known, job));
        }
        assert!(!queue.push(Caller::Known, "k5"));
        let order: Vec<&str> = (0..7).filter_map(|_| queue.pop()).collect();
        assert_eq!(order, ["k1", "k2", "k3", "s1", "k4", "s2", "s3"]);
    }

    #[test]
    fn a_closed_queue_ends_when_it_is_empty() {
        let queue = queue();
        assert!(queue.push(Caller::Known, "k"));
        queue.close();
        assert!(!queue.push(Caller::Known, "l"));
        assert_eq!([queue.pop(), queue.pop()], [Some("k"), None]);
    }
}
