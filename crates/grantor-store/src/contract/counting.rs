//! Counting, where a store can.

use std::sync::Arc;
use std::time::Duration;

use grantor_core::Timestamp;

use super::Outcome;
use super::suite::{Suite, equal};
use crate::key::Key;
use crate::store::Counter;

const WINDOW: Duration = Duration::from_secs(60);

pub(super) fn a_counter_sums_within_its_window(suite: &Suite) -> Outcome {
    let Some(counter) = counter(suite) else {
        return Ok(());
    };
    let (key, start) = (suite.fresh_key(), window_start(suite));
    let last = start + WINDOW - Duration::from_millis(1);
    for (what, n, now, sum) in [
        ("the first", 1, start, 1),
        ("nothing", 0, start, 1),
        ("the last of the window", 2, last, 3),
        ("the next window", 1, start + WINDOW, 1),
        ("a late writer", 1, start, 4),
        ("the largest", u64::MAX, start, u64::MAX),
    ] {
        equal(what, add(suite, &counter, &key, n, now)?, sum)?;
    }
    Ok(())
}

pub(super) fn counters_of_other_keys_and_windows_are_apart(suite: &Suite) -> Outcome {
    let Some(counter) = counter(suite) else {
        return Ok(());
    };
    let (one, other, now) = (suite.fresh_key(), suite.fresh_key(), window_start(suite));
    equal("one key", add(suite, &counter, &one, 5, now)?, 5)?;
    equal("another key", add(suite, &counter, &other, 1, now)?, 1)?;
    let longer = suite.run(counter.add(&one, 1, WINDOW * 2, now));
    equal("a longer window", answered(longer)?, 1)
}

pub(super) fn no_count_is_lost(suite: &Suite) -> Outcome {
    const EACH: u64 = 25;
    const CONTENDERS: usize = 8;
    let Some(counter) = counter(suite) else {
        return Ok(());
    };
    let (key, now) = (suite.fresh_key(), window_start(suite));
    let sums = suite.race(CONTENDERS, |_| {
        let sums = (0..EACH).map(|_| add(suite, &counter, &key, 1, now));
        sums.collect::<Result<Vec<_>, _>>()
    })?;
    // Each sum is answered once: a limit lets exactly as many through as it says.
    let mut sums: Vec<_> = sums.into_iter().flatten().collect();
    sums.sort_unstable();
    equal("sums", sums, (1..=EACH * CONTENDERS as u64).collect())
}

fn counter(suite: &Suite) -> Option<Arc<dyn Counter>> {
    Arc::clone(&suite.store).counter()
}

/// The start of the window that this moment lies in.
fn window_start(suite: &Suite) -> Timestamp {
    let length = i64::try_from(WINDOW.as_millis()).unwrap_or(1);
    let now = suite.environment.now().as_millis();
    Timestamp::from_millis(now - now.rem_euclid(length))
}

fn add(
    suite: &Suite,
    counter: &Arc<dyn Counter>,
    key: &Key,
    n: u64,
    now: Timestamp,
) -> Result<u64, String> {
    answered(suite.run(counter.add(key, n, WINDOW, now)))
}

fn answered(answer: Option<Result<u64, crate::error::Error>>) -> Result<u64, String> {
    match answer {
        Some(Ok(sum)) => Ok(sum),
        other => Err(format!("add failed: {other:?}")),
    }
}
