//! A store that fails.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use grantor_core::{BoxFuture, Timestamp};
use grantor_store::{
    Applied, Counter, Entry, Error, Expect, Key, Maintenance, Moment, Put, PutOutcome,
    RemoveOutcome, Store,
};

use super::forwarded::forwarded;

/// A store that fails, loses answers, or lets other writers go first.
///
/// [`Store::get_many`] is one call for each record. Counting, health and maintenance are no calls
/// that are numbered; they fail while the store is [`Down`](StoreFault::Down).
#[derive(Debug)]
pub struct FaultyStore {
    inner: Arc<dyn Store>,
    fault: Mutex<StoreFault>,
    calls: AtomicUsize,
    yields: AtomicBool,
    draws: AtomicU64,
    swap: Mutex<Option<(Key, Entry)>>,
}

/// The fault of a [`FaultyStore`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreFault {
    /// No fault.
    None,
    /// Every call fails, and has no effect.
    Down,
    /// [`Store::health`] does not answer, as it does not while something else locks the store. Other
    /// calls work.
    SilentHealth,
    /// One call fails, and has no effect.
    Call(
        /// Its number, from 0, since [`FaultyStore::set`].
        usize,
    ),
    /// One call has its effect, and its answer is lost: [`Applied::Unknown`]. Its repetition too.
    LostAnswer(
        /// Its number, from 0, since [`FaultyStore::set`].
        usize,
    ),
    /// Puts of records of one kind fail, and have no effect.
    RefusedPuts {
        /// The two letters of the kind.
        kind: [u8; 2],
    },
    /// Puts of records of one kind are stored, and their answers are lost: [`Applied::Unknown`].
    LostAnswers {
        /// The two letters of the kind.
        kind: [u8; 2],
        /// How many answers are still to be lost.
        left: usize,
    },
}

impl FaultyStore {
    /// A store around `inner` at which nothing goes wrong yet.
    #[must_use]
    pub fn new(inner: Arc<dyn Store>) -> Self {
        Self {
            inner,
            fault: Mutex::new(StoreFault::None),
            calls: AtomicUsize::new(0),
            yields: AtomicBool::new(false),
            draws: AtomicU64::new(1),
            swap: Mutex::new(None),
        }
    }

    /// Sets the fault from now on. Calls are counted anew.
    pub fn set(&self, fault: StoreFault) {
        *lock(&self.fault) = fault;
        self.calls.store(0, Ordering::SeqCst);
    }

    /// How many calls there were since [`set`](Self::set).
    #[must_use]
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// From now on gets and puts let other tasks of the runtime run, up to seven times each.
    pub fn let_others_go_first(&self) {
        self.yields.store(true, Ordering::SeqCst);
    }

    /// After the next get of this key, somebody else writes this entry there.
    pub fn swap_after_get(&self, key: Key, entry: Entry) {
        *lock(&self.swap) = Some((key, entry));
    }

    async fn swap(&self, key: &Key) -> Result<(), Error> {
        let swap = lock(&self.swap).take_if(|(swapped, _)| swapped == key);
        let Some((key, entry)) = swap else {
            return Ok(());
        };
        let put = Put {
            key,
            value: entry.value,
            version: entry.version,
            expires_at: entry.expires_at,
            expect: Expect::Any,
        };
        self.inner.put(&put).await.map(|_| ())
    }

    async fn pause(&self) {
        if !self.yields.load(Ordering::SeqCst) {
            return;
        }
        let step = |x: u64| x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let drawn = self
            .draws
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |x| Some(step(x)));
        for _ in 0..drawn.unwrap_or_default() >> 61 {
            tokio::task::yield_now().await;
        }
    }

    /// Fails while everything does.
    fn down(&self) -> Result<(), Error> {
        match *lock(&self.fault) {
            StoreFault::Down => Err(Error::unavailable("the store is down", Applied::No)),
            _ => Ok(()),
        }
    }

    fn check(&self, put: Option<&Put>) -> Result<(), Error> {
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        let fails = match *lock(&self.fault) {
            StoreFault::Down => true,
            StoreFault::Call(number) => number == call,
            StoreFault::RefusedPuts { kind } => put.is_some_and(|put| is_of_kind(put, kind)),
            StoreFault::None
            | StoreFault::SilentHealth
            | StoreFault::LostAnswer(_)
            | StoreFault::LostAnswers { .. } => false,
        };
        if fails {
            return Err(Error::unavailable("the store is down", Applied::No));
        }
        Ok(())
    }

    fn loses_answer(&self, put: &Put) -> bool {
        let call = self.calls().saturating_sub(1);
        match &mut *lock(&self.fault) {
            StoreFault::LostAnswer(number) => *number == call || *number + 1 == call,
            StoreFault::LostAnswers { kind, left } if *left > 0 && is_of_kind(put, *kind) => {
                *left -= 1;
                true
            }
            _ => false,
        }
    }
}

/// A key has an issuer's tag of eight bytes, and then its kind.
fn is_of_kind(put: &Put, kind: [u8; 2]) -> bool {
    put.key.as_bytes().get(8..10) == Some(&kind)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Store for FaultyStore {
    forwarded!(capabilities, observe_time, listing);

    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        Box::pin(async move {
            self.check(None)?;
            self.pause().await;
            let entry = self.inner.get(key).await;
            self.swap(key).await?;
            self.pause().await;
            entry
        })
    }

    fn get_many<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Result<Vec<Option<Entry>>, Error>> {
        Box::pin(async move {
            for _ in keys {
                self.check(None)?;
            }
            self.pause().await;
            let entries = self.inner.get_many(keys).await;
            for key in keys {
                self.swap(key).await?;
            }
            self.pause().await;
            entries
        })
    }

    fn put<'a>(&'a self, put: &'a Put) -> BoxFuture<'a, Result<PutOutcome, Error>> {
        Box::pin(async move {
            self.check(Some(put))?;
            self.pause().await;
            let outcome = self.inner.put(put).await;
            if self.loses_answer(put) {
                return Err(Error::unavailable("the answer was lost", Applied::Unknown));
            }
            outcome
        })
    }

    fn remove<'a>(
        &'a self,
        key: &'a Key,
        expect: Expect,
    ) -> BoxFuture<'a, Result<RemoveOutcome, Error>> {
        Box::pin(async move {
            self.check(None)?;
            self.inner.remove(key, expect).await
        })
    }

    fn health(&self) -> BoxFuture<'_, Result<(), Error>> {
        if *lock(&self.fault) == StoreFault::SilentHealth {
            return Box::pin(std::future::pending());
        }
        match self.down() {
            Err(error) => Box::pin(std::future::ready(Err(error))),
            Ok(()) => self.inner.health(),
        }
    }

    fn maintain(&self, moment: Moment) -> BoxFuture<'_, Result<Maintenance, Error>> {
        match self.down() {
            Err(error) => Box::pin(std::future::ready(Err(error))),
            Ok(()) => self.inner.maintain(moment),
        }
    }

    fn counter(self: Arc<Self>) -> Option<Arc<dyn Counter>> {
        let inner = Arc::clone(&self.inner).counter()?;
        Some(Arc::new(FaultyCounter { store: self, inner }))
    }
}

#[derive(Debug)]
struct FaultyCounter {
    store: Arc<FaultyStore>,
    inner: Arc<dyn Counter>,
}

impl Counter for FaultyCounter {
    fn add<'a>(
        &'a self,
        key: &'a Key,
        n: u64,
        window: Duration,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<u64, Error>> {
        match self.store.down() {
            Err(error) => Box::pin(std::future::ready(Err(error))),
            Ok(()) => self.inner.add(key, n, window, now),
        }
    }
}
