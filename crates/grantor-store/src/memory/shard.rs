//! One of the tables that the memory store is made of.

use std::collections::hash_map::Entry as Place;
use std::collections::{BTreeMap, HashMap};

use grantor_core::Timestamp;

use super::hash::RandomState;
use crate::key::Key;
use crate::store::{Entry, Expect, Put, PutOutcome, RemoveOutcome};

/// One part of the records, under one lock.
#[derive(Default)]
pub(super) struct Shard(HashMap<Key, Entry, RandomState>);

impl Shard {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn get(&self, key: &Key) -> Option<Entry> {
        self.0.get(key).cloned()
    }

    pub(super) fn put(&mut self, put: &Put, dead_since: Option<Timestamp>) -> PutOutcome {
        if self.0.len() == self.0.capacity() {
            self.sweep(dead_since.unwrap_or(Timestamp::from_millis(i64::MIN)));
        }
        let entry = || Entry {
            value: put.value.clone(),
            version: put.version,
            expires_at: put.expires_at,
        };
        match self.0.entry(put.key) {
            Place::Occupied(mut place) => {
                put.settled_by(Some(place.get().version))
                    .unwrap_or_else(|| {
                        place.insert(entry());
                        PutOutcome::Stored
                    })
            }
            Place::Vacant(place) => put.settled_by(None).unwrap_or_else(|| {
                place.insert(entry());
                PutOutcome::Stored
            }),
        }
    }

    pub(super) fn remove(&mut self, key: &Key, expect: Expect) -> RemoveOutcome {
        match self.0.entry(*key) {
            Place::Vacant(_) => RemoveOutcome::Absent,
            Place::Occupied(place) if !expect.holds(Some(place.get().version)) => {
                RemoveOutcome::Conflict
            }
            Place::Occupied(place) => {
                place.remove();
                RemoveOutcome::Removed
            }
        }
    }

    /// Adds what belongs to a page of `limit` records, keeping its smallest keys.
    pub(super) fn collect_into(
        &self,
        page: &mut BTreeMap<Key, Entry>,
        prefix: &Key,
        after: Option<&Key>,
        limit: usize,
    ) {
        for (key, entry) in &self.0 {
            let wanted = key.as_bytes().starts_with(prefix.as_bytes())
                && after.is_none_or(|after| key > after);
            let full = page.len() >= limit;
            if !wanted || full && page.last_key_value().is_none_or(|(last, _)| key > last) {
                continue;
            }
            page.insert(*key, entry.clone());
            if full {
                page.pop_last();
            }
        }
    }

    /// Deletes what was dead at `dead_since`. How many records that were.
    ///
    /// Live records move to a table with at least a quarter free: so each put pays for a look at
    /// four records at most, the table grows and shrinks with what lives, and no marks of deleted
    /// records slow it down.
    pub(super) fn sweep(&mut self, dead_since: Timestamp) -> usize {
        let lives = |entry: &Entry| entry.expires_at.is_none_or(|at| at > dead_since);
        let live = self.0.values().filter(|entry| lives(entry)).count();
        let hasher = self.0.hasher().clone();
        let room = HashMap::with_capacity_and_hasher(live + live / 3 + 8, hasher);
        let old = std::mem::replace(&mut self.0, room);
        let before = old.len();
        self.0
            .extend(old.into_iter().filter(|(_, entry)| lives(entry)));
        before - live
    }
}
