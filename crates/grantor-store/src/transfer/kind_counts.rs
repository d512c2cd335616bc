//! Numbers of records, kind by kind.

use std::collections::BTreeMap;

use crate::key::Key;

/// How many records there are of each kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KindCounts(BTreeMap<&'static str, u64>);

impl KindCounts {
    /// The name under which records of unknown kinds are counted.
    pub const UNKNOWN: &'static str = "unknown";

    /// All records.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// Each kind that has records, by its name, with their number.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.0.iter().map(|(name, count)| (*name, *count))
    }

    pub(super) fn add(&mut self, key: &Key) {
        let name = kind_name(key);
        *self.0.entry(name).or_default() += 1;
    }
}

/// Returns the name of the kind of the record under `key`.
pub(super) fn kind_name(key: &Key) -> &'static str {
    key.kind().map_or(KindCounts::UNKNOWN, |kind| kind.name())
}
