//! Copying the records of one store to another.

use std::collections::HashSet;

use futures_util::future::try_join_all;
use grantor_core::Timestamp;

use super::kind_counts::{KindCounts, kind_name};
use super::walk::{Walk, is_dead};
use crate::capabilities::Capabilities;
use crate::error::Error;
use crate::key::Key;
use crate::kinds::Kind;
use crate::store::{Entry, Expect, Put, PutOutcome, Store};

/// The records that a copy has looked at so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Copied {
    /// Written to the target.
    pub written: KindCounts,
    /// In the target already, with the same value and version: an earlier copy ended before its end.
    pub already_there: u64,
    /// Left out, because they are dead.
    pub dead: u64,
}

/// Copies every record of `from` that is not dead at `now` to `to`, and calls `progress` after each
/// page. Nothing else may write to either store meanwhile.
///
/// A copy that was interrupted goes on when it is called again: records that are in the target already
/// are not written twice.
///
/// # Errors
/// `from` can't list its records; `to` can't hold a kind of them, or has another record under one of
/// the keys; a store failed.
pub async fn copy(
    from: &dyn Store,
    to: &dyn Store,
    now: Timestamp,
    mut progress: impl FnMut(&Copied),
) -> Result<Copied, Error> {
    let target = to.capabilities();
    let mut walk = Walk::through(from)?;
    let (mut copied, mut checked) = (Copied::default(), HashSet::new());
    loop {
        let mut page = walk.next_page().await?;
        if page.is_empty() {
            return Ok(copied);
        }
        let read = page.len();
        page.retain(|(_, entry)| !is_dead(entry, now));
        copied.dead += count(read - page.len());
        for kind in page.iter().filter_map(|(key, _)| key.kind()) {
            if checked.insert(kind) {
                refuse_unfit(kind, &target)?;
            }
        }
        let keys: Vec<Key> = page.iter().map(|(key, _)| *key).collect();
        let stored = to.get_many(&keys).await?;
        let mut missing = Vec::new();
        for ((key, entry), stored) in page.into_iter().zip(stored) {
            match stored {
                None => missing.push(put(key, entry)),
                Some(stored) if stored == entry => copied.already_there += 1,
                Some(_) => return Err(conflict(&key, &target)),
            }
        }
        // Together, so that a store that writes in groups makes one of them.
        let outcomes = try_join_all(missing.iter().map(|put| to.put(put))).await?;
        for (put, outcome) in missing.iter().zip(outcomes) {
            match outcome {
                PutOutcome::Stored => copied.written.add(&put.key),
                PutOutcome::Conflict => return Err(conflict(&put.key, &target)),
            }
        }
        progress(&copied);
    }
}

fn put(key: Key, entry: Entry) -> Put {
    Put {
        key,
        value: entry.value,
        version: entry.version,
        expires_at: entry.expires_at,
        expect: Expect::Absent,
    }
}

fn refuse_unfit(kind: Kind, target: &Capabilities) -> Result<(), Error> {
    kind.class().refuses(target).map_or(Ok(()), |reason| {
        Err(Error::configuration(format!(
            "{} can't be copied there: {reason}",
            kind.name()
        )))
    })
}

fn conflict(key: &Key, target: &Capabilities) -> Error {
    let kind = kind_name(key);
    Error::configuration(format!(
        "{} has another record of {kind} under the same key: copy into an empty store, or go on with a \
         copy of the same records that no server has used since",
        target.name
    ))
}

fn count(records: usize) -> u64 {
    u64::try_from(records).unwrap_or(u64::MAX)
}
