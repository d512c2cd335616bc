//! Rules 1, 3 and 7: what an expectation means, and what a repetition answers.

use super::Outcome;
use super::suite::{Suite, equal};
use crate::store::{Expect, Version};

pub(super) fn absent_creates_once(suite: &Suite) -> Outcome {
    let first = suite.write(suite.fresh_key(), b"first", Expect::Absent);
    suite.stores("the first", &first)?;
    suite.conflicts(
        "the second",
        &suite.write(first.key, b"second", Expect::Absent),
    )?;
    // The same value is no repetition: the version tells writes apart.
    suite.conflicts("a twin", &suite.write(first.key, b"first", Expect::Absent))?;
    suite.holds("afterwards", &first)
}

pub(super) fn a_version_is_compared_whole(suite: &Suite) -> Outcome {
    let first = suite.write(suite.fresh_key(), b"first", Expect::Absent);
    suite.stores("the first", &first)?;
    for at in 0..16 {
        let mut bytes = first.version.0;
        bytes[at] ^= 1;
        let put = suite.write(first.key, b"other", Expect::Version(Version(bytes)));
        suite.conflicts(&format!("another version (byte {at})"), &put)?;
    }
    let second = suite.write(first.key, b"second", Expect::Version(first.version));
    suite.stores("the right version", &second)?;
    suite.holds("afterwards", &second)?;
    let late = suite.write(first.key, b"late", Expect::Version(first.version));
    suite.conflicts("the version before", &late)
}

pub(super) fn a_version_matches_no_absent_record(suite: &Suite) -> Outcome {
    for version in [suite.fresh_version(), Version([0; 16])] {
        let put = suite.write(suite.fresh_key(), b"value", Expect::Version(version));
        suite.conflicts("the put", &put)?;
        equal("afterwards", suite.get(&put.key)?, None)?;
    }
    Ok(())
}

pub(super) fn any_overwrites(suite: &Suite) -> Outcome {
    let key = suite.fresh_key();
    for value in [&b"over nothing"[..], b"over something"] {
        let put = suite.write(key, value, Expect::Any);
        suite.stores("the put", &put)?;
        suite.holds("afterwards", &put)?;
    }
    Ok(())
}

pub(super) fn a_conflict_changes_nothing(suite: &Suite) -> Outcome {
    let mut first = suite.write(suite.fresh_key(), b"first", Expect::Absent);
    first.expires_at = Some(suite.at(1000));
    suite.stores("the first", &first)?;
    for expect in [Expect::Absent, Expect::Version(suite.fresh_version())] {
        let mut other = suite.write(first.key, b"a longer value", expect);
        other.expires_at = Some(suite.at(2000));
        suite.conflicts("the conflict", &other)?;
        suite.holds("after the conflict", &first)?;
    }
    Ok(())
}

pub(super) fn a_repeated_put_answers_stored(suite: &Suite) -> Outcome {
    let created = suite.write(suite.fresh_key(), b"created", Expect::Absent);
    let updated = suite.write(created.key, b"updated", Expect::Version(created.version));
    let overwritten = suite.write(created.key, b"overwritten", Expect::Any);
    for put in [created, updated, overwritten] {
        for time in ["the first time", "the second time", "the third time"] {
            let expect = put.expect;
            suite.stores(&format!("{expect:?} {time}"), &put)?;
            suite.holds(&format!("{expect:?} {time}"), &put)?;
        }
    }
    Ok(())
}

pub(super) fn an_overtaken_put_conflicts(suite: &Suite) -> Outcome {
    let created = suite.write(suite.fresh_key(), b"created", Expect::Absent);
    let updated = suite.write(created.key, b"updated", Expect::Version(created.version));
    let last = suite.write(created.key, b"last", Expect::Version(updated.version));
    suite.stores("the creation", &created)?;
    suite.stores("the update", &updated)?;
    suite.conflicts("the creation again", &created)?;
    suite.stores("the last", &last)?;
    suite.conflicts("the update again", &updated)?;
    suite.holds("afterwards", &last)
}

pub(super) fn a_version_from_before_a_removal_never_matches(suite: &Suite) -> Outcome {
    let old = suite.write(suite.fresh_key(), b"old", Expect::Absent);
    suite.stores("the old record", &old)?;
    suite.remove(&old.key, Expect::Any).map(drop)?;
    let new = suite.write(old.key, b"new", Expect::Absent);
    suite.stores("the new record", &new)?;
    let late = suite.write(old.key, b"late", Expect::Version(old.version));
    suite.conflicts("a late update", &late)?;
    suite.conflicts("a late creation", &old)?;
    suite.holds("afterwards", &new)
}
