//! The effect and the outcome of a removal.

use super::Outcome;
use super::suite::{Suite, equal};
use crate::store::{Expect, RemoveOutcome};

pub(super) fn a_removal_heeds_its_expectation(suite: &Suite) -> Outcome {
    let key = suite.fresh_key();
    let wrong = Expect::Version(suite.fresh_version());
    for expect in [Expect::Any, Expect::Absent, wrong] {
        let outcome = suite.remove(&key, expect)?;
        equal("of nothing", outcome, RemoveOutcome::Absent)?;
    }
    for by_version in [true, false] {
        let put = suite.write(key, b"value", Expect::Absent);
        let expect = match by_version {
            true => Expect::Version(put.version),
            false => Expect::Any,
        };
        suite.stores("the put", &put)?;
        for refused in [wrong, Expect::Absent] {
            let outcome = suite.remove(&put.key, refused)?;
            equal("of another version", outcome, RemoveOutcome::Conflict)?;
            suite.holds("after a conflict", &put)?;
        }
        let outcome = suite.remove(&put.key, expect)?;
        equal("as expected", outcome, RemoveOutcome::Removed)?;
        equal("afterwards", suite.get(&put.key)?, None)?;
        let outcome = suite.remove(&put.key, expect)?;
        equal("once more", outcome, RemoveOutcome::Absent)?;
    }
    Ok(())
}

pub(super) fn a_removed_record_can_be_created_again(suite: &Suite) -> Outcome {
    let key = suite.fresh_key();
    for value in [b"first", b"again"] {
        let put = suite.write(key, value, Expect::Absent);
        suite.stores("the creation", &put)?;
        suite.holds("after the creation", &put)?;
        let outcome = suite.remove(&key, Expect::Version(put.version))?;
        equal("the removal", outcome, RemoveOutcome::Removed)?;
    }
    Ok(())
}
