//! The slots of one client or login, and their end.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use grantor_core::TokenParameters;

use super::slot::{SubjectPlace, TokenSlot};
use super::subject_cache::SubjectCache;
use crate::renew::Renewer;
use crate::runtime::block_on::block_on_for;
use crate::token::parameters::canonical;
use crate::token::subject::Subject;

/// How long what is under way may take after the last handle is gone.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// All tokens of one client or login.
pub(crate) struct Registry {
    pub(crate) renewer: Arc<Renewer>,
    slots: Mutex<HashMap<String, Weak<TokenSlot>>>,
    /// Per-request tokens.
    subjects: Arc<Mutex<SubjectCache<TokenSlot>>>,
}

impl Registry {
    pub(crate) fn new(renewer: Arc<Renewer>) -> Self {
        Self {
            renewer,
            slots: Mutex::default(),
            subjects: Arc::default(),
        }
    }

    /// The one slot for a token with these parameters.
    pub(crate) fn slot(&self, parameters: TokenParameters) -> Arc<TokenSlot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let name = canonical(&parameters);
        if let Some(slot) = slots.get(&name).and_then(Weak::upgrade) {
            return slot;
        }
        slots.retain(|_, slot| slot.strong_count() > 0);
        let slot = Arc::new(self.new_slot(Arc::new(parameters)));
        slots.insert(name, Arc::downgrade(&slot));
        slot
    }

    /// The one slot for a subject, until others evict it.
    pub(crate) fn subject_slot(
        &self,
        parameters: &Arc<TokenParameters>,
        subject: Subject,
    ) -> Arc<TokenSlot> {
        let key = subject.fingerprint(parameters);
        let now = || self.renewer.services.environment().now();
        let fits = |slot: &TokenSlot| {
            let before = slot.subject.as_ref();
            before.is_some_and(|before| subject.covers(before, now))
        };
        let mut subjects = self.subjects();
        if let Some(slot) = subjects.get(&key, fits) {
            return slot;
        }
        let place = SubjectPlace {
            key,
            cache: Arc::clone(&self.subjects),
        };
        let slot = self.new_slot(Arc::clone(parameters));
        let slot = Arc::new(slot.for_subject(subject, place));
        subjects.insert_pending(key, &slot);
        slot
    }

    fn new_slot(&self, parameters: Arc<TokenParameters>) -> TokenSlot {
        TokenSlot::new(Arc::clone(&self.renewer), parameters)
    }

    /// Forgets all per-request tokens.
    pub(crate) fn forget_subjects(&self) {
        let all = self.subjects().take();
        // Handles may keep some.
        for slot in all {
            slot.forget();
        }
    }

    fn subjects(&self) -> MutexGuard<'_, SubjectCache<TokenSlot>> {
        self.subjects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All slots that somebody still holds, but those of subjects.
    pub(crate) fn slots(&self) -> Vec<Arc<TokenSlot>> {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.values().filter_map(Weak::upgrade).collect()
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("renewer", &self.renewer)
            .finish_non_exhaustive()
    }
}

/// Held by every handle. When the last one goes, what was sent is waited for.
#[derive(Debug)]
pub(crate) struct CloseOnDrop(pub(crate) Arc<Registry>);

impl Drop for CloseOnDrop {
    fn drop(&mut self) {
        // Slots hold the cache, which holds them.
        self.0.subjects().close();
        self.0.forget_subjects();
        let tasks = &self.0.renewer.services.tasks;
        if tasks.can_block_on() {
            let _ = block_on_for(CLOSE_TIMEOUT, tasks.close());
        }
    }
}
