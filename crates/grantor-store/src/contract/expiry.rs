//! Rule 4: expiry belongs to the caller.

use super::Outcome;
use super::suite::Suite;
use crate::store::{Expect, Put};

pub(super) fn an_expiry_is_kept_as_given(suite: &Suite) -> Outcome {
    let key = suite.fresh_key();
    let mut last: Option<Put> = None;
    for expires_at in [
        Some(suite.at(1)),
        Some(suite.at(100)),
        // Thirty days, where one cache begins to read times otherwise.
        Some(suite.at(40 * 24 * 3600)),
        Some(suite.at(100 * 365 * 24 * 3600)),
        None,
        Some(suite.at(7)),
    ] {
        let expect = last.map_or(Expect::Absent, |put| Expect::Version(put.version));
        let mut put = suite.write(key, b"value", expect);
        put.expires_at = expires_at;
        suite.stores("the put", &put)?;
        suite.holds("afterwards", &put)?;
        last = Some(put);
    }
    Ok(())
}

pub(super) fn a_dead_record_is_kept_for_the_clock_skew(suite: &Suite) -> Outcome {
    let skew = i64::try_from(suite.max_clock_skew.as_secs()).unwrap_or(0);
    for seconds in [0, -1, -(skew / 2)] {
        let mut dead = suite.write(suite.fresh_key(), b"dead", Expect::Absent);
        dead.expires_at = Some(suite.at(seconds));
        suite.stores("a record that is dead already", &dead)?;
        write_garbage(suite, 4)?;
        suite.holds("a dead record", &dead)?;
        let absent = suite.write(dead.key, b"new", Expect::Absent);
        suite.conflicts("a creation over a dead record", &absent)?;
        suite.stores("the dead record's put, repeated", &dead)?;
        let taken = suite.write(dead.key, b"new", Expect::Version(dead.version));
        suite.stores("taking it over", &taken)?;
        suite.holds("after taking it over", &taken)?;
    }
    Ok(())
}

pub(super) fn a_live_record_is_never_lost(suite: &Suite) -> Outcome {
    let mut live = Vec::new();
    for round in 0..8 {
        let mut put = suite.write(suite.fresh_key(), b"live", Expect::Absent);
        put.expires_at = (round % 2 == 0).then(|| suite.at(3600));
        suite.stores("a live record", &put)?;
        live.push(put);
        write_garbage(suite, 20)?;
    }
    for put in &live {
        suite.holds("a live record", put)?;
    }
    Ok(())
}

/// Records that a store may delete at once.
fn write_garbage(suite: &Suite, rounds: usize) -> Outcome {
    let written = suite.race(8, |_| {
        for _ in 0..rounds {
            let mut put = suite.write(suite.fresh_key(), b"garbage", Expect::Absent);
            put.expires_at = Some(suite.at(-100_000));
            suite.stores("a record that died long ago", &put)?;
        }
        Ok(())
    });
    written.map(drop)
}
