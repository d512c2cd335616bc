//! The slots of per-request tokens: as many as are allowed, those first that were used last.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use lru::LruCache;

use crate::slot::Slot;

type Name = [u8; 32];

pub(crate) struct Subjects {
    kept: LruCache<Name, Arc<Slot>>,
    /// Slots without a token so far, held by those who wait for it. What nobody gets a token for takes
    /// no place of others.
    waiting: HashMap<Name, Weak<Slot>>,
}

impl Default for Subjects {
    fn default() -> Self {
        Self {
            kept: LruCache::unbounded(),
            waiting: HashMap::new(),
        }
    }
}

impl Subjects {
    pub(crate) fn get_or_insert(
        &mut self,
        name: Name,
        new: impl FnOnce() -> Arc<Slot>,
    ) -> Arc<Slot> {
        if let Some(slot) = self.kept.get(&name) {
            return Arc::clone(slot);
        }
        if let Some(slot) = self.waiting.get(&name).and_then(Weak::upgrade) {
            return slot;
        }
        if self.waiting.len() == self.waiting.capacity() {
            self.waiting.retain(|_, slot| slot.strong_count() > 0);
        }
        let slot = new();
        self.waiting.insert(name, Arc::downgrade(&slot));
        slot
    }

    /// Keeps a slot, and gives the one that makes room for it.
    pub(crate) fn keep(&mut self, name: Name, slot: &Arc<Slot>, most: usize) -> Option<Arc<Slot>> {
        self.waiting.remove(&name);
        if self
            .kept
            .get(&name)
            .is_some_and(|kept| Arc::ptr_eq(kept, slot))
        {
            return None;
        }
        let full = self.kept.len() >= most;
        let crowded_out = full.then(|| self.kept.pop_lru()).flatten();
        let replaced = self.kept.put(name, Arc::clone(slot));
        replaced.or(crowded_out.map(|(_, slot)| slot))
    }

    /// Takes all slots out.
    pub(crate) fn take(&mut self) -> Vec<Arc<Slot>> {
        let waiting = std::mem::take(&mut self.waiting);
        let mut all: Vec<_> = waiting.values().filter_map(Weak::upgrade).collect();
        all.extend(std::iter::from_fn(|| self.kept.pop_lru()).map(|(_, slot)| slot));
        all
    }
}
