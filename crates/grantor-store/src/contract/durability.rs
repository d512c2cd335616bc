//! Rule 5: what was acknowledged outlives the store, where it declares so.

use super::Outcome;
use super::suite::{Suite, entry_of, equal};
use crate::capabilities::Durability;
use crate::store::{Expect, RemoveOutcome};

pub(super) fn what_was_acknowledged_outlives_the_store(suite: &Suite) -> Outcome {
    let Some(open) = &suite.reopen else {
        return Ok(());
    };
    let store = open();
    if store.capabilities().durability == Durability::Memory {
        return Ok(());
    }
    let first = suite.with_store(store);
    let mut kept = Vec::new();
    for value in [&b"created"[..], b"", &[0xff; 5000]] {
        let mut put = first.write(first.fresh_key(), value, Expect::Absent);
        put.expires_at = value.is_empty().then(|| first.at(1000));
        first.stores("a put", &put)?;
        kept.push(put);
    }
    let update = first.write(kept[0].key, b"updated", Expect::Version(kept[0].version));
    first.stores("an update", &update)?;
    kept[0] = update;
    let removed = first.write(first.fresh_key(), b"removed", Expect::Absent);
    first.stores("a put", &removed)?;
    let outcome = first.remove(&removed.key, Expect::Any)?;
    equal("the removal", outcome, RemoveOutcome::Removed)?;
    drop(first);

    let second = suite.with_store(open());
    for put in &kept {
        equal("afterwards", second.get(&put.key)?, Some(entry_of(put)))?;
        second.stores("the same put again", put)?;
    }
    equal("what was removed", second.get(&removed.key)?, None)
}
