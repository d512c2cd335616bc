//! Rule 2 under contention: threads that start together, again and again.

use super::Outcome;
use super::suite::{Suite, equal};
use crate::store::{Expect, PutOutcome, RemoveOutcome};

const CONTENDERS: usize = 8;
const ROUNDS: usize = 40;

pub(super) fn one_of_many_creators_wins(suite: &Suite) -> Outcome {
    for _ in 0..ROUNDS {
        let key = suite.fresh_key();
        one_wins(suite, |contender| {
            suite.write(key, &[contender], Expect::Absent)
        })?;
    }
    Ok(())
}

pub(super) fn one_of_many_updates_wins(suite: &Suite) -> Outcome {
    let first = suite.write(suite.fresh_key(), b"first", Expect::Absent);
    suite.stores("the first", &first)?;
    let mut version = first.version;
    for _ in 0..ROUNDS {
        version = one_wins(suite, |contender| {
            suite.write(first.key, &[contender], Expect::Version(version))
        })?;
    }
    Ok(())
}

pub(super) fn a_dead_record_is_taken_over_once(suite: &Suite) -> Outcome {
    for _ in 0..ROUNDS {
        let mut dead = suite.write(suite.fresh_key(), b"dead", Expect::Absent);
        dead.expires_at = Some(suite.at(-1));
        suite.stores("a dead record", &dead)?;
        one_wins(suite, |contender| {
            suite.write(dead.key, &[contender], Expect::Version(dead.version))
        })?;
    }
    Ok(())
}

/// Reads and decides, as a token endpoint does: the conditional put is what makes it once.
pub(super) fn a_code_is_redeemed_once(suite: &Suite) -> Outcome {
    for _ in 0..ROUNDS {
        let code = suite.write(suite.fresh_key(), b"live", Expect::Absent);
        suite.stores("the code", &code)?;
        let redeemed = suite.race(CONTENDERS, |_| {
            let found = suite.get(&code.key)?.ok_or("the code is gone")?;
            if found.value != "live" {
                return Ok(false);
            }
            let used = suite.write(code.key, b"used", Expect::Version(found.version));
            Ok(suite.put(&used)? == PutOutcome::Stored)
        })?;
        let winners = redeemed.into_iter().filter(|redeemed| *redeemed).count();
        equal("redemptions of one code", winners, 1)?;
    }
    Ok(())
}

pub(super) fn a_record_is_removed_once(suite: &Suite) -> Outcome {
    for round in 0..ROUNDS {
        let put = suite.write(suite.fresh_key(), b"value", Expect::Absent);
        suite.stores("the put", &put)?;
        let expect = match round % 2 {
            0 => Expect::Any,
            _ => Expect::Version(put.version),
        };
        let outcomes = suite.race(CONTENDERS, |_| suite.remove(&put.key, expect))?;
        let removed = outcomes
            .into_iter()
            .filter(|outcome| *outcome == RemoveOutcome::Removed)
            .count();
        equal("removals of one record", removed, 1)?;
    }
    Ok(())
}

pub(super) fn no_increment_is_lost(suite: &Suite) -> Outcome {
    const EACH: usize = 10;
    let first = suite.write(suite.fresh_key(), b"", Expect::Absent);
    suite.stores("the first", &first)?;
    suite.race(CONTENDERS, |_| {
        let mut added = 0;
        // Somebody wins every time, so that even the slowest is done after a while.
        for _ in 0..100 * CONTENDERS * EACH {
            if added == EACH {
                return Ok(());
            }
            let found = suite.get(&first.key)?.ok_or("the record is gone")?;
            let longer = [&found.value[..], b"x"].concat();
            let put = suite.write(first.key, &longer, Expect::Version(found.version));
            added += usize::from(suite.put(&put)? == PutOutcome::Stored);
        }
        Err("conditional puts over what was just read conflict for ever".to_owned())
    })?;
    let total = suite.get(&first.key)?.map_or(0, |entry| entry.value.len());
    equal("increments", total, CONTENDERS * EACH)
}

pub(super) fn conflicts_leave_neighbours_alone(suite: &Suite) -> Outcome {
    let taken = suite.write(suite.fresh_key(), b"taken", Expect::Absent);
    suite.stores("the record in the way", &taken)?;
    for _ in 0..ROUNDS {
        let puts: Vec<_> = (0..CONTENDERS)
            .map(|_| suite.write(suite.fresh_key(), b"neighbour", Expect::Absent))
            .collect();
        suite.race(CONTENDERS * 2, |contender| match contender % 2 {
            0 => suite.stores("a neighbour", &puts[contender / 2]),
            _ => {
                let conflicting = suite.write(taken.key, b"conflict", Expect::Absent);
                suite.conflicts("a conflict", &conflicting)
            }
        })?;
        for put in &puts {
            suite.holds("a neighbour", put)?;
        }
    }
    suite.holds("the record in the way", &taken)
}

/// Lets contenders put at the same time; the version of the only one that won.
fn one_wins(
    suite: &Suite,
    put: impl Fn(u8) -> crate::store::Put + Sync,
) -> Result<crate::store::Version, String> {
    let outcomes = suite.race(CONTENDERS, |contender| {
        let put = put(u8::try_from(contender).unwrap_or(0));
        let outcome = suite.put(&put)?;
        Ok((outcome == PutOutcome::Stored).then_some(put))
    })?;
    let winners: Vec<_> = outcomes.into_iter().flatten().collect();
    let [winner] = &winners[..] else {
        return Err(format!("{} winners instead of one", winners.len()));
    };
    suite.holds("the winner", winner)?;
    Ok(winner.version)
}
