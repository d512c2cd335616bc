//! Counts for limits, in memory.

use std::collections::HashMap;
use std::time::Duration;

use grantor_core::Timestamp;

use super::hash::RandomState;
use crate::key::Key;

/// Sums by key and window, under one lock.
#[derive(Default)]
pub(super) struct Counts(HashMap<Window, u64, RandomState>);

#[derive(PartialEq, Eq, Hash)]
struct Window {
    key: Key,
    /// In milliseconds, as the next.
    start: i64,
    length: i64,
}

impl Counts {
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn add(
        &mut self,
        key: &Key,
        n: u64,
        window: Duration,
        now: Timestamp,
        max_clock_skew: Duration,
    ) -> u64 {
        if self.0.len() == self.0.capacity() {
            let over = (now - max_clock_skew).as_millis();
            self.0
                .retain(|window, _| window.start.saturating_add(window.length) > over);
            self.0.reserve(self.0.len() + 1);
        }
        let length = i64::try_from(window.as_millis()).unwrap_or(i64::MAX).max(1);
        let now = now.as_millis();
        let window = Window {
            key: *key,
            start: now.saturating_sub(now.rem_euclid(length)),
            length,
        };
        let sum = self.0.entry(window).or_insert(0);
        *sum = sum.saturating_add(n);
        *sum
    }
}
