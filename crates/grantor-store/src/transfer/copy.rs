//! Copying the records of one store to another.

use std::collections::HashSet;

use futures_util::future::try_join_all;
use grantor_core::Timestamp;

use super::kind_counts::KindCounts;
use super::mark::CopiedMark;
use super::target::{conflict, put, refuse_unfit};
use super::walk::{Walk, is_dead};
use crate::error::Error;
use crate::key::{Key, Namespace};
use crate::store::{Entry, PutOutcome, Store};

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
/// are not written twice. Until it has ended, [`MasterKey`](crate::MasterKey) refuses the target, so
/// that no server uses a part of the records.
///
/// # Errors
/// `from` can't list its records; `to` can't hold a kind of them, has another record under one of the
/// keys, or, from an earlier copy, records that `from` has not; a store failed.
pub async fn copy(
    from: &dyn Store,
    to: &dyn Store,
    now: Timestamp,
    mut progress: impl FnMut(&Copied),
) -> Result<Copied, Error> {
    let target = to.capabilities();
    let mut walk = Walk::through(from)?;
    let (mut copied, mut checked) = (Copied::default(), HashSet::new());
    let (mut namespaces, mut marks) = (HashSet::new(), Vec::new());
    loop {
        let mut page = walk.next_page().await?;
        if page.is_empty() {
            break;
        }
        let read = page.len();
        page.retain(|(_, entry)| !is_dead(entry, now));
        copied.dead += count(read - page.len());
        for namespace in page.iter().filter_map(|(key, _)| key.namespace()) {
            if namespaces.insert(namespace) {
                marks.extend(CopiedMark::begin(namespace, from, to).await?);
            }
        }
        page.retain(|(key, _)| !CopiedMark::is_at(key));
        for kind in page.iter().filter_map(|(key, _)| key.kind()) {
            if checked.insert(kind) {
                refuse_unfit(kind, &target)?;
            }
        }
        copy_page(page, to, &mut copied).await?;
        progress(&copied);
    }
    for mark in marks {
        if mark.was_there {
            refuse_extra(mark.namespace, from, to, now).await?;
        }
        let key = mark.key;
        match mark.end(to).await? {
            true => copied.written.add(&key),
            false => copied.already_there += 1,
        }
    }
    progress(&copied);
    Ok(copied)
}

/// Writes what the target lacks of a page of records.
async fn copy_page(
    page: Vec<(Key, Entry)>,
    to: &dyn Store,
    copied: &mut Copied,
) -> Result<(), Error> {
    let keys: Vec<Key> = page.iter().map(|(key, _)| *key).collect();
    let stored = to.get_many(&keys).await?;
    let mut missing = Vec::new();
    for ((key, entry), stored) in page.into_iter().zip(stored) {
        match stored {
            None => missing.push(put(key, entry)),
            Some(stored) if stored == entry => copied.already_there += 1,
            Some(_) => return Err(conflict(&key, &to.capabilities())),
        }
    }
    // Together, so that a store that writes in groups makes one of them.
    let outcomes = try_join_all(missing.iter().map(|put| to.put(put))).await?;
    for (put, outcome) in missing.iter().zip(outcomes) {
        match outcome {
            PutOutcome::Stored => copied.written.add(&put.key),
            PutOutcome::Conflict => return Err(conflict(&put.key, &to.capabilities())),
        }
    }
    Ok(())
}

/// Refuses a target with records that the source has not: they were removed there since an earlier copy,
/// and what somebody revoked would be good again.
async fn refuse_extra(
    namespace: Namespace,
    from: &dyn Store,
    to: &dyn Store,
    now: Timestamp,
) -> Result<(), Error> {
    let Some(mut walk) = Walk::below(namespace.prefix_of_all(), to) else {
        return Ok(());
    };
    let mut extra = KindCounts::default();
    loop {
        let mut page = walk.next_page().await?;
        if page.is_empty() {
            break;
        }
        page.retain(|(_, entry)| !is_dead(entry, now));
        let keys: Vec<Key> = page.iter().map(|(key, _)| *key).collect();
        let there = from.get_many(&keys).await?;
        let absent = keys.iter().zip(there).filter(|(_, there)| there.is_none());
        absent.for_each(|(key, _)| extra.add(key));
    }
    if extra.total() == 0 {
        return Ok(());
    }
    let name = to.capabilities().name;
    let kinds: Vec<_> = extra
        .iter()
        .map(|(kind, n)| format!("{n} {kind}"))
        .collect();
    Err(Error::configuration(format!(
        "{name} has records that the source has not ({}): they were removed there since an earlier copy, \
         or a server has used {name}. Empty it, and copy again",
        kinds.join(", ")
    )))
}

fn count(records: usize) -> u64 {
    u64::try_from(records).unwrap_or(u64::MAX)
}
