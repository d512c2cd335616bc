//! The slots of per-request tokens: as many as are allowed, those first that were used last.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Weak};

type Name = [u8; 32];

/// A bounded cache of what was used last.
pub(crate) struct SubjectCache<V> {
    cached: HashMap<Name, Cached<V>>,
    /// The names by when they were used, the longest ago first.
    by_use: BTreeMap<u64, Name>,
    /// How often any of them was used.
    uses: u64,
    /// Slots without a token so far, held by the callers that wait for it. They evict
    /// no slot that has a token.
    pending: HashMap<Name, Weak<V>>,
    /// True if nobody will look for any of them again.
    closed: bool,
}

struct Cached<V> {
    slot: Arc<V>,
    used: u64,
}

impl<V> Default for SubjectCache<V> {
    fn default() -> Self {
        Self {
            cached: HashMap::new(),
            by_use: BTreeMap::new(),
            uses: 0,
            pending: HashMap::new(),
            closed: false,
        }
    }
}

impl<V> SubjectCache<V> {
    /// The slot of this name, if it is one that fits.
    pub(crate) fn get(&mut self, name: &Name, fits: impl Fn(&V) -> bool) -> Option<Arc<V>> {
        if let Some(slot) = self.use_cached(name).filter(|slot| fits(slot)) {
            return Some(slot);
        }
        let slot = self.pending.get(name).and_then(Weak::upgrade);
        slot.filter(|slot| fits(slot))
    }

    /// Remembers a slot as long as somebody waits for its token.
    pub(crate) fn insert_pending(&mut self, name: Name, slot: &Arc<V>) {
        if self.pending.len() == self.pending.capacity() {
            self.pending.retain(|_, slot| slot.strong_count() > 0);
        }
        self.pending.insert(name, Arc::downgrade(slot));
    }

    /// Keeps a slot, and gives the one that makes room for it.
    pub(crate) fn insert(&mut self, name: Name, slot: &Arc<V>, capacity: usize) -> Option<Arc<V>> {
        self.pending.remove(&name);
        let kept = self.use_cached(&name);
        if self.closed || kept.is_some_and(|kept| Arc::ptr_eq(&kept, slot)) {
            return None;
        }
        if let Some(replaced) = self.cached.get_mut(&name) {
            return Some(std::mem::replace(&mut replaced.slot, Arc::clone(slot)));
        }
        let full = self.cached.len() >= capacity;
        let crowded_out = full.then(|| self.pop_longest_unused()).flatten();
        self.uses += 1;
        let used = self.uses;
        self.by_use.insert(used, name);
        let slot = Arc::clone(slot);
        self.cached.insert(name, Cached { slot, used });
        crowded_out
    }

    /// The slot of this name, which is now the one that was used last.
    fn use_cached(&mut self, name: &Name) -> Option<Arc<V>> {
        let cached = self.cached.get_mut(name)?;
        self.by_use.remove(&cached.used);
        self.uses += 1;
        cached.used = self.uses;
        self.by_use.insert(self.uses, *name);
        Some(Arc::clone(&cached.slot))
    }

    fn pop_longest_unused(&mut self) -> Option<Arc<V>> {
        let (_, name) = self.by_use.pop_first()?;
        self.cached.remove(&name).map(|cached| cached.slot)
    }

    /// Keeps nothing from now on: a renewal that ends late would keep its slot for ever.
    pub(crate) fn close(&mut self) {
        self.closed = true;
    }

    /// Takes all slots out.
    pub(crate) fn take(&mut self) -> Vec<Arc<V>> {
        let waiting = std::mem::take(&mut self.pending);
        let mut all: Vec<_> = waiting.values().filter_map(Weak::upgrade).collect();
        all.extend(std::iter::from_fn(|| self.pop_longest_unused()));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn insert(cache: &mut SubjectCache<u8>, name: u8) -> Option<u8> {
        let evicted = cache.insert([name; 32], &Arc::new(name), 3);
        evicted.map(|slot| *slot)
    }

    fn get(cache: &mut SubjectCache<u8>, name: u8) -> Option<u8> {
        cache.get(&[name; 32], |_| true).map(|slot| *slot)
    }

    #[test]
    fn the_slot_that_was_not_used_for_the_longest_time_makes_room() {
        let mut cache = SubjectCache::default();
        for name in [1, 2, 3] {
            assert_eq!(insert(&mut cache, name), None);
        }
        assert_eq!(get(&mut cache, 1), Some(1));
        assert_eq!(insert(&mut cache, 4), Some(2));
        assert_eq!(insert(&mut cache, 5), Some(3));
        let left = [1, 2, 3, 4, 5].map(|name| get(&mut cache, name));
        assert_eq!(left, [Some(1), None, None, Some(4), Some(5)]);
    }

    #[test]
    fn a_slot_is_replaced_in_its_place() {
        let mut cache = SubjectCache::default();
        for name in [1, 2, 3] {
            insert(&mut cache, name);
        }
        let (next, again) = (Arc::new(10), Arc::new(10));
        assert_eq!(cache.insert([1; 32], &next, 3), Some(Arc::new(1)));
        assert_eq!(cache.insert([1; 32], &next, 3), None);
        assert_eq!(cache.insert([1; 32], &again, 3), Some(next));
        assert_eq!(cache.take().len(), 3);
        assert_eq!(cache.by_use.len(), 0);
        cache.close();
        assert_eq!(cache.insert([1; 32], &again, 3), None);
        assert_eq!(get(&mut cache, 1), None);
    }
}
