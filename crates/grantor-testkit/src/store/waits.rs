//! A store that is far away: it counts how often somebody waits for it.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use grantor_core::{BoxFuture, Timestamp};
use grantor_store::{Counter, Entry, Error, Expect, Key, Put, PutOutcome, RemoveOutcome, Store};

use super::forwarded::forwarded;

/// Counts sequential round trips. Calls that are made at the same time are one, and so is
/// [`Store::get_many`].
///
/// Every call waits until nobody can go on without an answer: [`WaitsStore::count`] is the executor
/// that gives them. Outside of it calls are answered at once.
#[derive(Debug)]
pub struct WaitsStore {
    inner: Arc<dyn Store>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    counts: bool,
    waiting: Vec<Arc<AtomicBool>>,
}

impl WaitsStore {
    /// A store that is as far away as `inner` is near.
    #[must_use]
    pub fn new(inner: Arc<dyn Store>) -> Self {
        Self {
            inner,
            state: Mutex::default(),
        }
    }

    /// Runs a future, and counts how often it waits for this store.
    ///
    /// # Panics
    /// The future waits for anything else.
    pub fn count<T>(&self, future: impl Future<Output = T>) -> (T, usize) {
        let mut future = pin!(future);
        let mut cx = Context::from_waker(Waker::noop());
        self.with_state(|state| state.counts = true);
        let mut waits = 0;
        let output = loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
                break output;
            }
            let waiting = self.with_state(|state| std::mem::take(&mut state.waiting));
            assert!(!waiting.is_empty(), "it waits for something else");
            waiting
                .iter()
                .for_each(|one| one.store(true, Ordering::SeqCst));
            waits += 1;
        };
        self.with_state(|state| *state = State::default());
        (output, waits)
    }

    async fn wait(&self) {
        let arrived = self.with_state(|state| {
            state.counts.then(|| {
                let arrived = Arc::new(AtomicBool::new(false));
                state.waiting.push(Arc::clone(&arrived));
                arrived
            })
        });
        if let Some(arrived) = arrived {
            std::future::poll_fn(|_| match arrived.load(Ordering::SeqCst) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            })
            .await;
        }
    }

    fn with_state<T>(&self, then: impl FnOnce(&mut State) -> T) -> T {
        then(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Store for WaitsStore {
    forwarded!(capabilities, health, maintain, observe_time, listing);

    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        Box::pin(async move {
            self.wait().await;
            self.inner.get(key).await
        })
    }

    fn put<'a>(&'a self, put: &'a Put) -> BoxFuture<'a, Result<PutOutcome, Error>> {
        Box::pin(async move {
            self.wait().await;
            self.inner.put(put).await
        })
    }

    fn remove<'a>(
        &'a self,
        key: &'a Key,
        expect: Expect,
    ) -> BoxFuture<'a, Result<RemoveOutcome, Error>> {
        Box::pin(async move {
            self.wait().await;
            self.inner.remove(key, expect).await
        })
    }

    fn get_many<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Result<Vec<Option<Entry>>, Error>> {
        Box::pin(async move {
            self.wait().await;
            self.inner.get_many(keys).await
        })
    }

    fn counter(self: Arc<Self>) -> Option<Arc<dyn Counter>> {
        let inner = Arc::clone(&self.inner).counter()?;
        Some(Arc::new(WaitsCounter { store: self, inner }))
    }
}

#[derive(Debug)]
struct WaitsCounter {
    store: Arc<WaitsStore>,
    inner: Arc<dyn Counter>,
}

impl Counter for WaitsCounter {
    fn add<'a>(
        &'a self,
        key: &'a Key,
        n: u64,
        window: Duration,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<u64, Error>> {
        Box::pin(async move {
            self.store.wait().await;
            self.inner.add(key, n, window, now).await
        })
    }
}
