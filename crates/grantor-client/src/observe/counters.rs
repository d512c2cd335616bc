//! Counters that a program reads.

use std::sync::atomic::{AtomicU64, Ordering};

use super::metrics::MetricEvent;
use crate::runtime::per_thread::{SHARDS, shard};

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
    hits: [Shard; SHARDS],
    renewals: AtomicU64,
    adoptions: AtomicU64,
    waits: AtomicU64,
    rejections: AtomicU64,
    failures: AtomicU64,
}

#[derive(Debug, Default)]
#[repr(align(128))]
struct Shard(AtomicU64);

impl Counters {
    #[inline]
    pub(crate) fn hit(&self, shard: usize) {
        if let Some(hits) = self.hits.get(shard) {
            hits.0.fetch_add(1, Ordering::Relaxed);
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
            hits: self.hits.iter().map(|shard| read(&shard.0)).sum(),
            renewals: read(&self.renewals),
            adoptions: read(&self.adoptions),
            waits: read(&self.waits),
            rejections: read(&self.rejections),
            failures: read(&self.failures),
        }
    }
}
