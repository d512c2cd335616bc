//! Counters that a program reads.

use std::sync::atomic::{AtomicU64, Ordering};

use super::metrics::MetricEvent;
use crate::runtime::per_thread::{SHARDS, Shard, shard};

/// How often what happened, since the tokens were built.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Requests that got a token at once.
    pub hits: u64,
    /// Renewals that fetched a token from the server, or from the program's own source.
    pub renewals: u64,
    /// Renewals that adopted a token which another process had stored.
    pub adoptions: u64,
    /// Callers who waited for a renewal.
    pub waits: u64,
    /// Tokens that an API rejected, of which a renewal followed.
    pub rejections: u64,
    /// Renewals that failed.
    pub failures: u64,
}

/// Hits are counted on the warm path, where cores must not share a cache line.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Each written by the one thread that owns the shard.
    hits: [Hits; SHARDS],
    /// Those of all other threads.
    other_hits: Hits,
    renewals: AtomicU64,
    adoptions: AtomicU64,
    waits: AtomicU64,
    rejections: AtomicU64,
    failures: AtomicU64,
}

#[derive(Debug, Default)]
#[repr(align(128))]
struct Hits(AtomicU64);

impl Counters {
    #[inline]
    pub(crate) fn hit(&self, shard: Shard) {
        match self.hits.get(shard.number) {
            // A locked addition would cost a twentieth of the call.
            Some(Hits(own)) if shard.is_own => {
                own.store(own.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
            }
            _ => {
                self.other_hits.0.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    pub(crate) fn count(&self, counted: MetricEvent) {
        let count = match counted {
            MetricEvent::Hit => return self.hit(shard()),
            MetricEvent::Renewal => &self.renewals,
            MetricEvent::Adoption => &self.adoptions,
            MetricEvent::Wait => &self.waits,
            MetricEvent::Rejection => &self.rejections,
            MetricEvent::Failure => &self.failures,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn counts(&self) -> Counts {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Counts {
            hits: self.hits.iter().map(|hits| read(&hits.0)).sum::<u64>()
                + read(&self.other_hits.0),
            renewals: read(&self.renewals),
            adoptions: read(&self.adoptions),
            waits: read(&self.waits),
            rejections: read(&self.rejections),
            failures: read(&self.failures),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn no_hit_of_any_thread_is_lost() {
        let counters = Counters::default();
        let hit = || (0..1000).for_each(|_| counters.hit(shard()));
        thread::scope(|scope| {
            for _ in 0..3 * SHARDS {
                scope.spawn(hit);
            }
        });
        hit();
        assert_eq!(counters.counts().hits, (3 * SHARDS as u64 + 1) * 1000);
    }
}
