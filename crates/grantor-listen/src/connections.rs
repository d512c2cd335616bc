//! The table of open connections, and the limits of each.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio::time::Instant;

use crate::memory::{Memory, Share};
use crate::options::Options;
use crate::watch::{Moment, Phase, Shared, Watch};

/// All open connections, and the clock they are measured by.
#[derive(Debug)]
pub(crate) struct Connections {
    entries: Vec<Entry>,
    /// Connections that have kept the server waiting long, the longest last, as they were seen.
    candidates: Vec<(usize, Moment)>,
    /// Closed entries are removed when there are this many entries.
    prune_at: usize,
    shared: Arc<Shared>,
    memory: Arc<Memory>,
    started: Instant,
    tick: Duration,
    limits: Limits,
}

#[derive(Debug)]
struct Entry {
    watch: Arc<Watch>,
    task: AbortHandle,
}

impl Entry {
    /// Closes the connection unless it has moved on since it was `seen`.
    fn close(&self, seen: Moment) -> bool {
        let closed = self.watch.close(seen);
        if closed {
            self.task.abort();
        }
        closed
    }
}

/// The time limits of [`Options`], in ticks.
#[derive(Debug)]
struct Limits {
    idle: u64,
    head: u64,
    body: u64,
    write: u64,
    /// How long a request may keep memory that others wait for.
    hold: u64,
}

impl Connections {
    pub(crate) fn new(options: &Options) -> Self {
        let shortest = options
            .idle_timeout
            .min(options.head_timeout)
            .min(options.body_timeout)
            .min(options.write_timeout);
        let tick = (shortest / TICKS_PER_LIMIT).clamp(SHORTEST_TICK, LONGEST_TICK);
        let ticks = |limit: Duration| whole(limit.as_nanos().div_ceil(tick.as_nanos()));
        Self {
            entries: Vec::new(),
            candidates: Vec::new(),
            prune_at: PRUNE_FROM,
            shared: Arc::new(Shared::default()),
            memory: Arc::new(Memory::new(options)),
            started: Instant::now(),
            tick,
            limits: Limits {
                idle: ticks(options.idle_timeout),
                head: ticks(options.head_timeout),
                body: ticks(options.body_timeout),
                write: ticks(options.write_timeout),
                hold: ticks(LONGEST_HOLD),
            },
        }
    }

    pub(crate) fn tick(&self) -> Duration {
        self.tick
    }

    pub(crate) fn open(&self) -> usize {
        self.shared.open.load(Relaxed)
    }

    /// Waits until a connection has closed.
    pub(crate) fn closed(&self) -> impl Future<Output = ()> + use<'_> {
        self.shared.closed.notified()
    }

    pub(crate) fn begin_to_drain(&self) {
        self.shared.draining.store(true, Relaxed);
    }

    /// A watch for a new connection, which counts as open from now.
    pub(crate) fn watch(&self) -> Arc<Watch> {
        self.look_at_the_clock();
        Arc::new(Watch::new(Arc::clone(&self.shared)))
    }

    /// The memory of a new connection.
    pub(crate) fn share(&self) -> Share {
        Share::new(Arc::clone(&self.memory))
    }

    pub(crate) fn add(&mut self, watch: Arc<Watch>, task: AbortHandle) {
        if self.entries.len() >= self.prune_at {
            self.candidates.clear();
            self.entries.retain(|entry| !entry.task.is_finished());
            self.prune_at = PRUNE_FROM.max(self.entries.len() * 2);
        }
        self.entries.push(Entry { watch, task });
    }

    /// Closes the connections that have kept the server waiting for longer than they may.
    pub(crate) fn close_overdue(&mut self) {
        let now = self.look_at_the_clock();
        for entry in &self.entries {
            let moment = entry.watch.moment();
            let limit = match moment.phase() {
                Phase::Idle => self.limits.idle,
                Phase::Head => self.limits.head,
                Phase::Body => self.limits.body,
                Phase::Working | Phase::Answered => u64::MAX,
                Phase::Closing => continue,
            };
            let stalled = entry
                .watch
                .stalled_since()
                .is_some_and(|since| now.saturating_sub(since) > self.limits.write);
            if stalled || now.saturating_sub(moment.since()) > limit {
                entry.close(moment);
            }
        }
    }

    /// While requests wait for memory, closes as many connections that hold some and have kept the
    /// server waiting, the longest first.
    pub(crate) fn make_memory_free(&self) {
        let short = self.memory.short();
        if short == 0 {
            return;
        }
        let now = self.look_at_the_clock();
        let moments = self
            .entries
            .iter()
            .map(|entry| (entry, entry.watch.moment()));
        let mut holders: Vec<(&Entry, Moment)> = moments
            .filter(|(entry, _)| entry.watch.holds_memory())
            .filter(|(_, moment)| match moment.phase() {
                Phase::Idle => true,
                Phase::Head | Phase::Body => now.saturating_sub(moment.since()) > self.limits.hold,
                Phase::Working | Phase::Answered | Phase::Closing => false,
            })
            .collect();
        // A request that waits for memory itself is not what keeps the server waiting. But requests may
        // wait for each other: at most half of them make room at once, the oldest first.
        holders.sort_unstable_by_key(|(entry, moment)| {
            (entry.watch.is_short_of_memory(), moment.since())
        });
        let others = holders.partition_point(|(entry, _)| !entry.watch.is_short_of_memory());
        let most = others + (holders.len() - others) / 2;
        let closed = holders
            .iter()
            .take(short.min(most))
            .filter(|(entry, moment)| entry.close(*moment))
            .count();
        tracing::debug!(short, closed, "requests wait for memory");
    }

    /// Closes the connections that wait for no answer.
    pub(crate) fn close_idle(&self) {
        for entry in &self.entries {
            let moment = entry.watch.moment();
            if moment.phase() == Phase::Idle {
                entry.close(moment);
            }
        }
    }

    /// Closes the connection that has kept the server waiting longest; `false` if none does.
    pub(crate) fn close_oldest(&mut self) -> bool {
        if self.close_candidate() {
            return true;
        }
        self.find_candidates();
        self.close_candidate()
    }

    fn close_candidate(&mut self) -> bool {
        while let Some((index, seen)) = self.candidates.pop() {
            if self.entries[index].close(seen) {
                return true;
            }
        }
        false
    }

    /// One look over all connections finds many candidates, so that a flood of new ones does
    /// not cost a look each.
    fn find_candidates(&mut self) {
        let waiting =
            |moment: Moment| matches!(moment.phase(), Phase::Idle | Phase::Head | Phase::Body);
        self.candidates.extend(
            self.entries
                .iter()
                .enumerate()
                .filter(|(_, entry)| !entry.task.is_finished())
                .map(|(index, entry)| (index, entry.watch.moment()))
                .filter(|(_, moment)| waiting(*moment)),
        );
        self.candidates
            .sort_unstable_by_key(|(_, moment)| moment.since());
        self.candidates.truncate(CANDIDATES);
        self.candidates.reverse();
    }

    fn look_at_the_clock(&self) -> u64 {
        let tick = whole(self.started.elapsed().as_nanos() / self.tick.as_nanos());
        self.shared.tick.store(tick, Relaxed);
        tick
    }
}

impl Drop for Connections {
    fn drop(&mut self) {
        // Without the accept loop nobody would watch them.
        for entry in &self.entries {
            entry.task.abort();
        }
    }
}

fn whole(ticks: u128) -> u64 {
    u64::try_from(ticks).unwrap_or(u64::MAX)
}

const TICKS_PER_LIMIT: u32 = 64;
const SHORTEST_TICK: Duration = Duration::from_millis(5);
const LONGEST_TICK: Duration = Duration::from_secs(1);
const LONGEST_HOLD: Duration = Duration::from_secs(1);
const PRUNE_FROM: usize = 64;
const CANDIDATES: usize = 64;
