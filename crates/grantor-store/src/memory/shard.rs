//! One of the tables that the memory store is made of.

use std::collections::BTreeMap;

use grantor_core::Timestamp;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry as Place;

use super::packed::Packed;
use crate::key::Key;
use crate::store::{Entry, Expect, Put, PutOutcome, RemoveOutcome};

/// One part of the records, under one lock. The hash of its key comes with each operation.
#[derive(Default)]
pub(super) struct Shard(HashTable<Slot>);

/// What the table holds of a record: what it looks at while it searches and sweeps.
struct Slot {
    hash: u64,
    record: Packed,
}

impl Slot {
    fn is(&self, hash: u64, key: &Key) -> bool {
        self.hash == hash && self.record.key() == key.as_bytes()
    }
}

impl Shard {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn get(&self, hash: u64, key: &Key) -> Option<Entry> {
        let slot = self.0.find(hash, |slot| slot.is(hash, key))?;
        Some(slot.record.entry())
    }

    pub(super) fn put(
        &mut self,
        hash: u64,
        put: &Put,
        dead_since: Option<Timestamp>,
    ) -> PutOutcome {
        if self.0.len() == self.0.capacity() {
            self.sweep(dead_since.unwrap_or(Timestamp::from_millis(i64::MIN)));
        }
        let is_here = |slot: &Slot| slot.is(hash, &put.key);
        match self.0.entry(hash, is_here, |slot| slot.hash) {
            Place::Occupied(mut place) => {
                let stored = Some(place.get().record.version());
                put.settled_by(stored).unwrap_or_else(|| {
                    place.get_mut().record = Packed::new(put);
                    PutOutcome::Stored
                })
            }
            Place::Vacant(place) => put.settled_by(None).unwrap_or_else(|| {
                let record = Packed::new(put);
                place.insert(Slot { hash, record });
                PutOutcome::Stored
            }),
        }
    }

    pub(super) fn remove(&mut self, hash: u64, key: &Key, expect: Expect) -> RemoveOutcome {
        match self.0.find_entry(hash, |slot| slot.is(hash, key)) {
            Err(_) => RemoveOutcome::Absent,
            Ok(place) if !expect.holds(Some(place.get().record.version())) => {
                RemoveOutcome::Conflict
            }
            Ok(place) => {
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
        for Slot { record, .. } in &self.0 {
            let key = record.key();
            let wanted = key.starts_with(prefix.as_bytes())
                && after.is_none_or(|after| key > after.as_bytes());
            let full = page.len() >= limit;
            let beyond = |last: &Key| key > last.as_bytes();
            if !wanted || full && page.last_key_value().is_none_or(|(last, _)| beyond(last)) {
                continue;
            }
            page.extend(Key::from_bytes(key).map(|key| (key, record.entry())));
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
        let lives = |slot: &Slot| slot.record.expires_at.is_none_or(|at| at > dead_since);
        let live = self.0.iter().filter(|slot| lives(slot)).count();
        let room = HashTable::with_capacity(live + live / 3 + 8);
        let old = std::mem::replace(&mut self.0, room);
        let before = old.len();
        for slot in old.into_iter().filter(lives) {
            self.0.insert_unique(slot.hash, slot, |slot| slot.hash);
        }
        before - live
    }
}
