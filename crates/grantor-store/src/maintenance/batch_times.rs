//! How long batches of deletions kept those waiting that write, as a histogram.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// How many batches of deletions took how long, each told to a sixteenth of its time.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct BatchTimes {
    /// How many fell into each bucket. A power of two of microseconds has sixteen.
    counts: BTreeMap<u64, u64>,
}

impl BatchTimes {
    /// Adds a batch that took this long.
    pub fn record(&mut self, took: Duration) {
        let microseconds = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        *self.counts.entry(bucket(microseconds)).or_default() += 1;
    }

    /// Adds the batches of another histogram.
    pub fn add(&mut self, other: &Self) {
        for (bucket, count) in &other.counts {
            *self.counts.entry(*bucket).or_default() += count;
        }
    }

    /// How many batches there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.values().sum()
    }

    /// The time that so many of a thousand batches did not exceed, rounded up to a sixteenth: 999 for
    /// the 99.9th percentile, 1000 for the longest. None if there was no batch.
    #[must_use]
    pub fn quantile(&self, of_a_thousand: u64) -> Option<Duration> {
        let wanted = (self.count() * of_a_thousand.min(1000)).div_ceil(1000);
        let mut seen = 0;
        let reached = self.counts.iter().find(|(_, count)| {
            seen += **count;
            seen >= wanted
        });
        reached.map(|(bucket, _)| Duration::from_micros(end(*bucket)))
    }
}

impl fmt::Debug for BatchTimes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BatchTimes")
            .field("count", &self.count())
            .field("p50", &self.quantile(500))
            .field("p999", &self.quantile(999))
            .field("longest", &self.quantile(1000))
            .finish()
    }
}

const PARTS: u64 = 16;

fn bucket(microseconds: u64) -> u64 {
    let value = microseconds.max(PARTS);
    let power = u64::from(value.ilog2());
    let within = (value >> (power - u64::from(PARTS.ilog2()))) - PARTS;
    power * PARTS + within
}

/// The last microsecond of a bucket.
fn end(bucket: u64) -> u64 {
    let (power, within) = (bucket / PARTS, bucket % PARTS);
    let part = (1_u64 << power) / PARTS;
    (part - 1).saturating_add(part.saturating_mul(PARTS + within))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_right_to_a_sixteenth_and_never_too_short() {
        let mut times = BatchTimes::default();
        for microseconds in 1..=10_000 {
            times.record(Duration::from_micros(microseconds));
        }
        assert_eq!(times.count(), 10_000);
        for (part, expected) in [(1, 10), (500, 5_000), (999, 9_990), (1000, 10_000)] {
            let found = times.quantile(part).unwrap().as_micros();
            let most = (expected + expected / 16).max(17);
            assert!((expected..=most).contains(&found), "{part}: {found}");
        }
    }

    #[test]
    fn any_time_has_a_bucket_that_ends_at_it_or_later() {
        for power in 0..64 {
            for near in [(1_u64 << power) - 1, 1 << power, (1 << power) + 1] {
                let end = end(bucket(near));
                assert!(end >= near, "{near}: {end}");
                assert_eq!(bucket(end), bucket(near), "{near}");
            }
        }
        let mut times = BatchTimes::default();
        assert_eq!(times.quantile(999), None);
        times.record(Duration::MAX);
        assert_eq!(times.quantile(999), Some(Duration::from_micros(u64::MAX)));
    }

    #[test]
    fn histograms_add_up() {
        let (mut one, mut other) = (BatchTimes::default(), BatchTimes::default());
        one.record(Duration::from_millis(1));
        other.record(Duration::from_millis(1));
        other.record(Duration::from_millis(9));
        one.add(&other);
        assert_eq!(one.count(), 3);
        assert!(one.quantile(1000).unwrap() >= Duration::from_millis(9));
    }
}
