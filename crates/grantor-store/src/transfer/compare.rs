//! Comparing the records of two stores.

use std::cmp::Ordering;

use grantor_core::Timestamp;

use super::kind_counts::KindCounts;
use super::walk::{Walk, is_dead};
use crate::error::Error;
use crate::key::Key;
use crate::store::{Entry, Store};

/// How two stores differ. Records that are dead don't count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Comparison {
    /// In both, with the same value, version and expiry.
    pub equal: KindCounts,
    /// In both, but not the same.
    pub different: KindCounts,
    /// In the first store only.
    pub missing: KindCounts,
    /// In the second store only.
    pub extra: KindCounts,
}

impl Comparison {
    /// Returns whether both stores have the same records.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.different.total() + self.missing.total() + self.extra.total() == 0
    }

    fn compared(&self) -> u64 {
        self.equal.total() + self.different.total() + self.missing.total() + self.extra.total()
    }
}

/// How many records are compared between two calls of `progress`.
const STEP: u64 = 100;

/// Compares the records of two stores, and calls `progress` with the number of those compared.
///
/// # Errors
/// One of them can't list its records, or fails.
pub async fn compare(
    from: &dyn Store,
    to: &dyn Store,
    now: Timestamp,
    mut progress: impl FnMut(u64),
) -> Result<Comparison, Error> {
    let (mut ours, mut theirs) = (Walk::through(from)?, Walk::through(to)?);
    let mut comparison = Comparison::default();
    let mut one = next_live(&mut ours, now).await?;
    let mut other = next_live(&mut theirs, now).await?;
    loop {
        let order = match (&one, &other) {
            (None, None) => return Ok(comparison),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((a, _)), Some((b, _))) => a.cmp(b),
        };
        let counted = |counts: &mut KindCounts, record: &Option<(Key, Entry)>| {
            if let Some((key, _)) = record {
                counts.add(key);
            }
        };
        match order {
            Ordering::Less => counted(&mut comparison.missing, &one),
            Ordering::Greater => counted(&mut comparison.extra, &other),
            Ordering::Equal if one == other => counted(&mut comparison.equal, &one),
            Ordering::Equal => counted(&mut comparison.different, &one),
        }
        if order != Ordering::Greater {
            one = next_live(&mut ours, now).await?;
        }
        if order != Ordering::Less {
            other = next_live(&mut theirs, now).await?;
        }
        if comparison.compared() % STEP == 0 {
            progress(comparison.compared());
        }
    }
}

async fn next_live(walk: &mut Walk<'_>, now: Timestamp) -> Result<Option<(Key, Entry)>, Error> {
    while let Some((key, entry)) = walk.next().await? {
        if !is_dead(&entry, now) {
            return Ok(Some((key, entry)));
        }
    }
    Ok(None)
}
