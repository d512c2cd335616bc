//! The slots of per-request tokens: as many as are allowed, those first that were used last.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use lru::LruCache;

type Name = [u8; 32];

/// A bounded cache of what was used last.
pub(crate) struct SubjectCache<V> {
    cached: LruCache<Name, Arc<V>>,
    /// Slots without a token so far, held by those who wait for it. What nobody gets a token for takes
    /// no place of others.
    pending: HashMap<Name, Weak<V>>,
    /// Whether nobody will look for any of them again.
    closed: bool,
}

impl<V> Default for SubjectCache<V> {
    fn default() -> Self {
        Self {
            cached: LruCache::unbounded(),
            pending: HashMap::new(),
            closed: false,
        }
    }
}

impl<V> SubjectCache<V> {
    /// The slot of this name, if it is one that fits.
    pub(crate) fn get(&mut self, name: &Name, fits: impl Fn(&V) -> bool) -> Option<Arc<V>> {
        if let Some(slot) = self.cached.get(name).filter(|slot| fits(slot)) {
            return Some(Arc::clone(slot));
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
        let kept = self.cached.get(&name);
        if self.closed || kept.is_some_and(|kept| Arc::ptr_eq(kept, slot)) {
            return None;
        }
        let full = self.cached.len() >= capacity && !self.cached.contains(&name);
        let crowded_out = full.then(|| self.cached.pop_lru()).flatten();
        let replaced = self.cached.put(name, Arc::clone(slot));
        replaced.or(crowded_out.map(|(_, slot)| slot))
    }

    /// Keeps nothing from now on: a renewal that ends late would keep its slot for ever.
    pub(crate) fn close(&mut self) {
        self.closed = true;
    }

    /// Takes all slots out.
    pub(crate) fn take(&mut self) -> Vec<Arc<V>> {
        let waiting = std::mem::take(&mut self.pending);
        let mut all: Vec<_> = waiting.values().filter_map(Weak::upgrade).collect();
        all.extend(std::iter::from_fn(|| self.cached.pop_lru()).map(|(_, slot)| slot));
        all
    }
}
