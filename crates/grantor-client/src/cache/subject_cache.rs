//! The slots of per-request tokens: as many as are allowed, those first that were used last.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use lru::LruCache;

use super::slot::Slot;

type Name = [u8; 32];

pub(crate) struct Subjects {
    kept: LruCache<Name, Arc<Slot>>,
    /// Slots without a token so far, held by those who wait for it. What nobody gets a token for takes
    /// no place of others.
    waiting: HashMap<Name, Weak<Slot>>,
    /// Whether nobody will look for any of them again.
    over: bool,
}

impl Default for Subjects {
    fn default() -> Self {
        Self {
            kept: LruCache::unbounded(),
            waiting: HashMap::new(),
            over: false,
        }
    }
}

impl Subjects {
    /// The slot of this name, if it is one that fits.
    pub(crate) fn get(&mut self, name: &Name, fits: impl Fn(&Slot) -> bool) -> Option<Arc<Slot>> {
        if let Some(slot) = self.kept.get(name).filter(|slot| fits(slot)) {
            return Some(Arc::clone(slot));
        }
        let slot = self.waiting.get(name).and_then(Weak::upgrade);
        slot.filter(|slot| fits(slot))
    }

    /// Remembers a slot as long as somebody waits for its token.
    pub(crate) fn insert(&mut self, name: Name, slot: &Arc<Slot>) {
        if self.waiting.len() == self.waiting.capacity() {
            self.waiting.retain(|_, slot| slot.strong_count() > 0);
        }
        self.waiting.insert(name, Arc::downgrade(slot));
    }

    /// Keeps a slot, and gives the one that makes room for it.
    pub(crate) fn keep(&mut self, name: Name, slot: &Arc<Slot>, most: usize) -> Option<Arc<Slot>> {
        self.waiting.remove(&name);
        let kept = self.kept.get(&name);
        if self.over || kept.is_some_and(|kept| Arc::ptr_eq(kept, slot)) {
            return None;
        }
        let full = self.kept.len() >= most && !self.kept.contains(&name);
        let crowded_out = full.then(|| self.kept.pop_lru()).flatten();
        let replaced = self.kept.put(name, Arc::clone(slot));
        replaced.or(crowded_out.map(|(_, slot)| slot))
    }

    /// Keeps nothing from now on: a renewal that ends late would keep its slot for ever.
    pub(crate) fn end(&mut self) {
        self.over = true;
    }

    /// Takes all slots out.
    pub(crate) fn take(&mut self) -> Vec<Arc<Slot>> {
        let waiting = std::mem::take(&mut self.waiting);
        let mut all: Vec<_> = waiting.values().filter_map(Weak::upgrade).collect();
        all.extend(std::iter::from_fn(|| self.kept.pop_lru()).map(|(_, slot)| slot));
        all
    }
}
