//! Several reads at once.

use super::Outcome;
use super::suite::{Suite, entry_of, equal};
use crate::key::Key;
use crate::store::{Entry, Expect};

pub(super) fn many_are_read_in_the_order_asked_for(suite: &Suite) -> Outcome {
    let mut puts = Vec::new();
    for value in [&b"first"[..], b"second", b"dead"] {
        let mut put = suite.write(suite.fresh_key(), value, Expect::Absent);
        put.expires_at = Some(suite.at(if value == b"dead" { -1 } else { 1000 }));
        suite.stores("a put", &put)?;
        puts.push(put);
    }
    let [first, second, dead] = &puts[..] else {
        return Ok(());
    };
    let absent = suite.fresh_key();
    // In no order of theirs, one of them twice.
    let keys = [second.key, absent, dead.key, first.key, second.key];
    let found = read(suite, &keys)?;
    let wanted = [Some(second), None, Some(dead), Some(first), Some(second)];
    equal("many", found, wanted.map(|put| put.map(entry_of)).to_vec())?;
    equal("none", read(suite, &[])?, Vec::new())
}

pub(super) fn many_see_every_acknowledged_put(suite: &Suite) -> Outcome {
    let keys: Vec<_> = (0..100).map(|_| suite.fresh_key()).collect();
    for round in 0..3_u8 {
        let puts = keys
            .iter()
            .map(|key| suite.write(*key, &[round], Expect::Any));
        let puts: Vec<_> = puts.collect();
        suite.race(10, |contender| {
            let mut own = puts.iter().skip(contender).step_by(10);
            own.try_for_each(|put| suite.stores("a put", put))
        })?;
        let wanted = puts.iter().map(|put| Some(entry_of(put))).collect();
        equal("a hundred", read(suite, &keys)?, wanted)?;
    }
    Ok(())
}

fn read(suite: &Suite, keys: &[Key]) -> Result<Vec<Option<Entry>>, String> {
    match suite.run(suite.store.get_many(keys)) {
        Some(Ok(entries)) => Ok(entries),
        other => Err(format!("get_many failed: {other:?}")),
    }
}
