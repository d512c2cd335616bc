use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use grantor_core::BoxFuture;
use grantor_store::{
    Applied, Capabilities, Entry, Error, Expect, Key, Listing, Moment, Put, PutOutcome,
    RemoveOutcome, Store,
};

/// A store that does what a test wants: fail, lose answers, or let others go first.
#[derive(Debug)]
pub(crate) struct TestStore {
    inner: Arc<dyn Store>,
    fault: Mutex<Fault>,
    calls: AtomicUsize,
    yields: AtomicBool,
    draws: AtomicU64,
    swap: Mutex<Option<(Key, Entry)>>,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// Every call fails.
    Down,
    /// The call with this number fails, counted since [`TestStore::set`].
    Call(usize),
    /// The call with this number happens, and nobody hears of it: neither then nor when it is
    /// repeated.
    LostAnswer(usize),
    /// The next puts of this kind happen, and nobody hears of it.
    LostAnswers {
        kind: [u8; 2],
        left: usize,
    },
}

impl TestStore {
    pub(crate) fn new(inner: Arc<dyn Store>) -> Self {
        Self {
            inner,
            fault: Mutex::new(Fault::None),
            calls: AtomicUsize::new(0),
            yields: AtomicBool::new(false),
            draws: AtomicU64::new(1),
            swap: Mutex::new(None),
        }
    }

    pub(crate) fn set(&self, fault: Fault) {
        *self.fault.lock().unwrap() = fault;
        self.calls.store(0, Ordering::SeqCst);
    }

    /// How many calls there were since [`set`](Self::set).
    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// From now on every call lets other tasks run, now more and now less of them.
    pub(crate) fn let_others_go_first(&self) {
        self.yields.store(true, Ordering::SeqCst);
    }

    /// After the next read of this key, somebody else writes it.
    pub(crate) fn swap_after_get(&self, key: Key, entry: Entry) {
        *self.swap.lock().unwrap() = Some((key, entry));
    }

    async fn swap(&self, key: &Key) -> Result<(), Error> {
        let swap = self
            .swap
            .lock()
            .unwrap()
            .take_if(|(swapped, _)| swapped == key);
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
        for _ in 0..drawn.unwrap() >> 61 {
            tokio::task::yield_now().await;
        }
    }

    fn check(&self) -> Result<(), Error> {
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        match *self.fault.lock().unwrap() {
            Fault::Down => Err(down()),
            Fault::Call(n) if n == call => Err(down()),
            _ => Ok(()),
        }
    }

    fn loses_answer(&self, put: &Put) -> bool {
        let call = self.calls.load(Ordering::SeqCst) - 1;
        match &mut *self.fault.lock().unwrap() {
            Fault::LostAnswer(n) => *n == call || *n + 1 == call,
            Fault::LostAnswers { kind, left }
                if *left > 0 && put.key.as_bytes()[8..10] == *kind =>
            {
                *left -= 1;
                true
            }
            _ => false,
        }
    }
}

fn down() -> Error {
    Error::unavailable("the store is down", Applied::No)
}

impl Store for TestStore {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        Box::pin(async move {
            self.check()?;
            self.pause().await;
            let entry = self.inner.get(key).await;
            self.swap(key).await?;
            self.pause().await;
            entry
        })
    }

    fn put<'a>(&'a self, put: &'a Put) -> BoxFuture<'a, Result<PutOutcome, Error>> {
        Box::pin(async move {
            self.check()?;
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
            self.check()?;
            self.inner.remove(key, expect).await
        })
    }

    fn observe_time(&self, moment: Moment) {
        self.inner.observe_time(moment);
    }

    fn listing(&self) -> Option<&dyn Listing> {
        self.inner.listing()
    }
}
