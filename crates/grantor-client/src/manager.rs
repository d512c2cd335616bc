//! What all access tokens of one client or login share.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use grantor_core::Environment;
use grantor_http::{MetadataCache, Transport};
use tokio::sync::watch;

use crate::Error;
use crate::app::App;
use crate::ask::Ask;
use crate::blocking::block_on_for;
use crate::counters::Counters;
use crate::event::{Event, Listener};
use crate::grant::Grant;
use crate::origin::OriginIds;
use crate::slot::Slot;
use crate::storage::Storage;
use crate::worker::Worker;

/// How long what is under way may take after the last handle is gone.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// What many logins at one server may share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) environment: Environment,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) metadata: MetadataCache,
    pub(crate) worker: Worker,
}

pub(crate) struct Manager {
    pub(crate) shared: Arc<Shared>,
    pub(crate) app: App,
    pub(crate) grant: Grant,
    pub(crate) storage: Storage,
    pub(crate) counters: Counters,
    pub(crate) listener: Option<Listener>,
    pub(crate) origin_ids: OriginIds,
    slots: Mutex<HashMap<String, Weak<Slot>>>,
    /// How many jobs are under way.
    active: watch::Sender<usize>,
    closed: watch::Sender<bool>,
}

impl Manager {
    pub(crate) fn new(
        shared: Arc<Shared>,
        app: App,
        grant: Grant,
        storage: Storage,
        listener: Option<Listener>,
    ) -> Self {
        Self {
            shared,
            app,
            grant,
            storage,
            counters: Counters::default(),
            listener,
            origin_ids: OriginIds::default(),
            slots: Mutex::default(),
            active: watch::Sender::new(0),
            closed: watch::Sender::new(false),
        }
    }

    /// The one slot for what is asked.
    pub(crate) fn slot(self: &Arc<Self>, ask: Ask) -> Arc<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let name = ask.canonical();
        if let Some(slot) = slots.get(&name).and_then(Weak::upgrade) {
            return slot;
        }
        slots.retain(|_, slot| slot.strong_count() > 0);
        let slot = Arc::new(Slot::new(Arc::clone(self), ask));
        slots.insert(name, Arc::downgrade(&slot));
        slot
    }

    /// All slots that somebody still holds.
    pub(crate) fn slots(&self) -> Vec<Arc<Slot>> {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.values().filter_map(Weak::upgrade).collect()
    }

    /// Runs a job that [`close`](Self::close) waits for.
    pub(crate) fn spawn(self: &Arc<Self>, job: impl Future<Output = ()> + Send + 'static) {
        let active = Active::new(Arc::clone(self));
        self.shared.worker.spawn(async move {
            job.await;
            drop(active);
        });
    }

    /// Whether renewals may begin.
    pub(crate) fn open(&self) -> Result<(), Error> {
        if *self.closed.borrow() {
            return Err(Error::configuration(
                "the tokens were closed: use them before \"close\"",
            ));
        }
        Ok(())
    }

    /// Begins no more renewals and waits for those under way.
    pub(crate) async fn close(&self) {
        self.closed.send_replace(true);
        let mut active = self.active.subscribe();
        let _ = active.wait_for(|active| *active == 0).await;
    }

    /// Waits so long, or until the tokens are closed. Whether they are.
    pub(crate) async fn closes_within(&self, pause: Duration) -> bool {
        let mut closed = self.closed.subscribe();
        let closing = closed.wait_for(|closed| *closed);
        tokio::time::timeout(pause, closing).await.is_ok()
    }

    /// A number between 0 and 1.
    pub(crate) fn jitter(&self) -> f64 {
        let bytes = self.shared.environment.random_bytes();
        f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX)
    }

    pub(crate) fn tell(&self, event: &Event) {
        match event {
            Event::Renewed => tracing::debug!(client_id = self.app.client_id, "token renewed"),
            Event::Persisted => tracing::info!("the refresh token is stored now"),
            Event::RenewalFailed(error) => tracing::warn!(%error, "the token was not renewed"),
            Event::NotPersisted => tracing::error!("the refresh token can't be stored yet"),
            Event::LoginEnded => tracing::warn!("the login is over"),
        }
        if let Some(Listener(listener)) = &self.listener {
            listener(event);
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

/// A job under way, until it is dropped.
struct Active(Arc<Manager>);

impl Active {
    fn new(manager: Arc<Manager>) -> Self {
        manager.active.send_modify(|active| *active += 1);
        Self(manager)
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        self.0.active.send_modify(|active| *active -= 1);
    }
}

/// Held by every handle. When the last one goes, what was sent is waited for.
#[derive(Debug)]
pub(crate) struct LastHandle(pub(crate) Arc<Manager>);

impl Drop for LastHandle {
    fn drop(&mut self) {
        if self.0.shared.worker.may_wait() {
            let _ = block_on_for(LAST_WORDS, self.0.close());
        }
    }
}
