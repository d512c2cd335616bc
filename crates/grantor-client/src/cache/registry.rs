//! What all access tokens of one client or login share.

use std::collections::HashMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use grantor_core::exchange::Retry;
use grantor_core::{Environment, TokenParameters};
use grantor_http::{MetadataCache, Transport};

use super::slot::TokenSlot;
use super::subject_cache::SubjectCache;
use crate::authorization_server::ClientRegistration;
use crate::authorization_server::channel::ServerChannel;
use crate::authorization_server::throttle::Throttle;
use crate::config::origin::OriginIds;
use crate::config::policy::Policy;
use crate::error::Error;
use crate::observe::counters::Counters;
use crate::observe::event::{Event, EventListener};
use crate::observe::hooks::{Hooks, RequestKind};
use crate::observe::metrics::{MetricEvent, Metrics};
use crate::observe::token_change::ChangeCallbacks;
use crate::renew::grant::Grant;
use crate::runtime::block_on::block_on_for;
use crate::runtime::tasks::Tasks;
use crate::runtime::worker::Worker;
use crate::store::TokenStore;
use crate::token::subject::Subject;

/// How long what is under way may take after the last handle is gone.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// What many logins at one server may share.
#[derive(Debug)]
pub(crate) struct SharedServices {
    pub(crate) environment: Environment,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) hooks: Arc<Hooks>,
    pub(crate) throttle: Arc<Throttle>,
    pub(crate) metadata: MetadataCache,
    pub(crate) worker: Worker,
}

/// How the user's program wants it, and what it is told.
#[derive(Debug, Clone)]
pub(crate) struct Observers {
    pub(crate) policy: Arc<Policy>,
    pub(crate) on_change: ChangeCallbacks,
    pub(crate) metrics: Option<Arc<dyn Metrics>>,
    pub(crate) listener: Option<EventListener>,
}

pub(crate) struct Manager {
    pub(crate) shared: Arc<SharedServices>,
    /// None: the tokens come from no server.
    pub(crate) app: Option<ClientRegistration>,
    pub(crate) policy: Arc<Policy>,
    pub(crate) on_change: ChangeCallbacks,
    pub(crate) metrics: Option<Arc<dyn Metrics>>,
    pub(crate) grant: Grant,
    pub(crate) storage: TokenStore,
    pub(crate) counters: Counters,
    pub(crate) listener: Option<EventListener>,
    pub(crate) origin_ids: OriginIds,
    slots: Mutex<HashMap<String, Weak<TokenSlot>>>,
    /// Per-request tokens.
    subjects: Mutex<SubjectCache>,
    pub(crate) tasks: Tasks,
}

impl Manager {
    pub(crate) fn new(
        shared: Arc<SharedServices>,
        app: Option<ClientRegistration>,
        grant: Grant,
        storage: TokenStore,
        observers: Observers,
    ) -> Self {
        let Observers {
            policy,
            on_change,
            metrics,
            listener,
        } = observers;
        Self {
            shared,
            app,
            policy,
            on_change,
            metrics,
            grant,
            storage,
            counters: Counters::default(),
            listener,
            origin_ids: OriginIds::default(),
            slots: Mutex::default(),
            subjects: Mutex::default(),
            tasks: Tasks::default(),
        }
    }

    /// The one slot for what is asked.
    pub(crate) fn slot(self: &Arc<Self>, ask: TokenParameters) -> Arc<TokenSlot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let name = crate::token::parameters::canonical(&ask);
        if let Some(slot) = slots.get(&name).and_then(Weak::upgrade) {
            return slot;
        }
        slots.retain(|_, slot| slot.strong_count() > 0);
        let slot = Arc::new(TokenSlot::new(Arc::clone(self), Arc::new(ask), None));
        slots.insert(name, Arc::downgrade(&slot));
        slot
    }

    /// The one slot for a subject, as long as it is not crowded out by others.
    pub(crate) fn subject_slot(
        self: &Arc<Self>,
        ask: &Arc<TokenParameters>,
        subject: Subject,
    ) -> Arc<TokenSlot> {
        let name = subject.fingerprint(ask);
        let now = || self.shared.environment.now();
        let fits = |slot: &TokenSlot| {
            let before = slot.subject.as_ref();
            before.is_some_and(|before| subject.covers(before, now))
        };
        let mut subjects = self.subjects();
        if let Some(slot) = subjects.get(&name, fits) {
            return slot;
        }
        let slot = TokenSlot::new(Arc::clone(self), Arc::clone(ask), Some((name, subject)));
        let slot = Arc::new(slot);
        subjects.insert_pending(name, &slot);
        slot
    }

    /// Keeps the slot of a subject that has a token now, instead of the one that was not used for the
    /// longest time.
    pub(crate) fn cache_subject(&self, name: [u8; 32], slot: &Arc<TokenSlot>) {
        let crowded_out = self
            .subjects()
            .insert(name, slot, self.policy.max_subject_tokens);
        // Whoever still uses it, or waits for it, holds it.
        drop(crowded_out);
    }

    /// Forgets all per-request tokens.
    pub(crate) fn forget_subjects(&self) {
        let all = self.subjects().take();
        // Handles may keep some.
        for slot in all {
            slot.forget();
        }
    }

    fn subjects(&self) -> MutexGuard<'_, SubjectCache> {
        self.subjects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The client, where tokens come from a server.
    pub(crate) fn app(&self) -> Result<&ClientRegistration, Error> {
        self.app.as_ref().ok_or_else(|| {
            Error::configuration("these tokens come from no authorization server that is known")
        })
    }

    /// How requests go to the server.
    pub(crate) fn wire(&self, call: RequestKind) -> ServerChannel {
        let asks_for_tokens = matches!(call, RequestKind::Token | RequestKind::Refresh);
        ServerChannel {
            call,
            transport: Arc::clone(&self.shared.transport),
            hooks: Arc::clone(&self.shared.hooks),
            timeout: self.policy.request_timeout,
            environment: self.shared.environment.clone(),
            throttle: asks_for_tokens.then(|| Arc::clone(&self.shared.throttle)),
            unsigned: Arc::default(),
        }
    }

    /// Waits until the token endpoint may be asked, if that is soon enough for `retry`.
    pub(crate) async fn wait_for_throttle(&self, retry: &Retry) -> Result<(), Error> {
        let now = self.shared.environment.clock.elapsed();
        let Some(left) = self.shared.throttle.left(now) else {
            return Ok(());
        };
        if retry.attempts < 2 || left > retry.limit {
            return Err(Error::throttled(left));
        }
        if self.closed_within(left).await {
            return Err(Error::throttled(left));
        }
        Ok(())
    }

    /// Counts something that is not on the way of every request.
    pub(crate) fn count(&self, counted: MetricEvent) {
        self.counters.count(counted);
        if let Some(metrics) = &self.metrics {
            metrics.count(counted);
        }
    }

    /// All slots that somebody still holds.
    pub(crate) fn slots(&self) -> Vec<Arc<TokenSlot>> {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.values().filter_map(Weak::upgrade).collect()
    }

    /// A number between 0 and 1.
    pub(crate) fn jitter(&self) -> f64 {
        let bytes = self.shared.environment.random_bytes();
        f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX)
    }

    pub(crate) fn emit(&self, event: &Event) {
        match event {
            Event::Renewed => tracing::debug!("the token was renewed"),
            Event::ChangeNotTaken => tracing::error!("a callback did not end in time"),
            Event::Persisted => tracing::info!("the refresh token is stored now"),
            Event::RenewalFailed(error) => tracing::warn!(%error, "the token was not renewed"),
            Event::NotPersisted => tracing::error!("the refresh token can't be stored yet"),
            Event::LoginEnded => tracing::warn!("the login is over"),
        }
        let Some(EventListener(listener)) = &self.listener else {
            return;
        };
        // It hears of what has happened, and changes nothing of that.
        if catch_unwind(AssertUnwindSafe(|| listener(event))).is_err() {
            tracing::error!("a listener to events panicked");
        }
    }
}

impl fmt::Debug for Manager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Manager")
            .field("app", &self.app)
            .field("grant", &self.grant)
            .finish_non_exhaustive()
    }
}

/// Held by every handle. When the last one goes, what was sent is waited for.
#[derive(Debug)]
pub(crate) struct CloseOnDrop(pub(crate) Arc<Manager>);

impl Drop for CloseOnDrop {
    fn drop(&mut self) {
        // They hold the manager, which holds them.
        self.0.subjects().close();
        self.0.forget_subjects();
        if self.0.shared.worker.can_block_on() {
            let _ = block_on_for(CLOSE_TIMEOUT, self.0.close());
        }
    }
}
