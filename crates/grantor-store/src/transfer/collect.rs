//! Removing records that are dead.

use futures_util::future::try_join_all;
use grantor_core::Timestamp;

use super::kind_counts::KindCounts;
use super::walk::{Walk, is_dead};
use crate::error::Error;
use crate::store::{Expect, RemoveOutcome, Store};

/// Counts the records that are dead at `now`.
///
/// # Errors
/// The store can't list its records, or fails.
pub async fn count_dead(store: &dyn Store, now: Timestamp) -> Result<KindCounts, Error> {
    let (mut walk, mut dead) = (Walk::through(store)?, KindCounts::default());
    while let Some((key, entry)) = walk.next().await? {
        if is_dead(&entry, now) {
            dead.add(&key);
        }
    }
    Ok(dead)
}

/// Removes the records that are dead at `now`. A record that somebody writes meanwhile stays. A wrong
/// `now` in the future removes records that are alive.
///
/// # Errors
/// The store can't list its records, or fails.
pub async fn collect_dead(store: &dyn Store, now: Timestamp) -> Result<KindCounts, Error> {
    let (mut walk, mut removed) = (Walk::through(store)?, KindCounts::default());
    loop {
        let mut page = walk.next_page().await?;
        if page.is_empty() {
            return Ok(removed);
        }
        page.retain(|(_, entry)| is_dead(entry, now));
        let removals = page.iter().map(|(key, entry)| {
            let as_read = Expect::Version(entry.version);
            store.remove(key, as_read)
        });
        let outcomes = try_join_all(removals).await?;
        for ((key, _), outcome) in page.iter().zip(outcomes) {
            if outcome == RemoveOutcome::Removed {
                removed.add(key);
            }
        }
    }
}
