//! The store under test and the acts that the rules are written in.

use std::fmt;
use std::sync::{Arc, Barrier};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use bytes::Bytes;
use grantor_core::{BoxFuture, Environment, Timestamp};

use super::Outcome;
use crate::key::Key;
use crate::store::{
    DEFAULT_MAX_CLOCK_SKEW, Entry, Expect, Moment, Put, PutOutcome, RemoveOutcome, Store, Version,
};

/// A store to be held to the contract, and how to talk to it.
pub struct Suite {
    pub(super) store: Arc<dyn Store>,
    pub(super) environment: Environment,
    pub(super) max_value: usize,
    pub(super) max_clock_skew: Duration,
    pub(super) reopen: Option<Arc<Reopen>>,
    block_on: Arc<BlockOn>,
}

type Reopen = dyn Fn() -> Arc<dyn Store> + Send + Sync;
type BlockOn = dyn for<'a> Fn(BoxFuture<'a, ()>) + Send + Sync;

impl Suite {
    /// A store whose futures need no particular executor.
    #[must_use]
    pub fn new(store: impl Store, environment: Environment) -> Self {
        Self {
            store: Arc::new(store),
            environment,
            max_value: Put::MAX_VALUE,
            max_clock_skew: DEFAULT_MAX_CLOCK_SKEW,
            reopen: None,
            block_on: Arc::new(|future| park_on(future)),
        }
    }

    /// How the store is opened again once nobody holds it, for one that outlives its process.
    #[must_use]
    pub fn reopen<S: Store>(mut self, open: impl Fn() -> S + Send + Sync + 'static) -> Self {
        self.reopen = Some(Arc::new(move || Arc::new(open())));
        self
    }

    /// The same, on another opening of the store.
    pub(super) fn with_store(&self, store: Arc<dyn Store>) -> Self {
        Self {
            store,
            environment: self.environment.clone(),
            max_value: self.max_value,
            max_clock_skew: self.max_clock_skew,
            reopen: None,
            block_on: Arc::clone(&self.block_on),
        }
    }

    /// Runs futures by this function, which is called from several threads at once: a driver that
    /// needs its runtime gives the `block_on` of a handle to it.
    #[must_use]
    pub fn block_on(
        mut self,
        block_on: impl for<'a> Fn(BoxFuture<'a, ()>) + Send + Sync + 'static,
    ) -> Self {
        self.block_on = Arc::new(block_on);
        self
    }

    /// The longest value, for a store that adds something to it before handing it on.
    #[must_use]
    pub fn max_value(mut self, bytes: usize) -> Self {
        self.max_value = bytes;
        self
    }

    pub(super) fn run<T: Send>(&self, future: impl Future<Output = T> + Send) -> Option<T> {
        let mut output = None;
        let future = async { output = Some(future.await) };
        (self.block_on)(Box::pin(future));
        output
    }

    /// A key that no other rule and no other run uses.
    pub(super) fn fresh_key(&self) -> Key {
        self.key_after(&self.environment.random_bytes::<16>())
    }

    pub(super) fn key_after(&self, bytes: &[u8]) -> Key {
        let mut key = [0; Key::MAX];
        let length = bytes.len().min(Key::MAX);
        key[..length].copy_from_slice(&bytes[..length]);
        Key::from_bytes(&key[..length]).unwrap_or_else(|| self.fresh_key())
    }

    /// A put under a version of its own.
    pub(super) fn write(&self, key: Key, value: &[u8], expect: Expect) -> Put {
        Put {
            key,
            value: Bytes::copy_from_slice(value),
            version: self.fresh_version(),
            expires_at: None,
            expect,
        }
    }

    pub(super) fn fresh_version(&self) -> Version {
        Version(self.environment.random_bytes())
    }

    /// A time that lies `seconds` from now.
    pub(super) fn at(&self, seconds: i64) -> Timestamp {
        let distance = Duration::from_secs(seconds.unsigned_abs());
        match seconds < 0 {
            true => self.environment.now() - distance,
            false => self.environment.now() + distance,
        }
    }

    pub(super) fn get(&self, key: &Key) -> Result<Option<Entry>, String> {
        answered(self.run(self.store.get(key)), "get")
    }

    pub(super) fn put(&self, put: &Put) -> Result<PutOutcome, String> {
        self.store.observe_time(Moment::of(&self.environment));
        answered(self.run(self.store.put(put)), "put")
    }

    pub(super) fn remove(&self, key: &Key, expect: Expect) -> Result<RemoveOutcome, String> {
        answered(self.run(self.store.remove(key, expect)), "remove")
    }

    pub(super) fn stores(&self, what: &str, put: &Put) -> Outcome {
        equal(what, self.put(put)?, PutOutcome::Stored)
    }

    pub(super) fn conflicts(&self, what: &str, put: &Put) -> Outcome {
        equal(what, self.put(put)?, PutOutcome::Conflict)
    }

    /// The record is what `put` wrote.
    pub(super) fn holds(&self, what: &str, put: &Put) -> Outcome {
        match self.get(&put.key)? {
            None => Err(format!("{what}: the record is gone")),
            Some(found) if found == entry_of(put) => Ok(()),
            Some(found) if found.value != put.value => Err(format!(
                "{what}: another value of {} bytes",
                found.value.len()
            )),
            Some(found) => Err(format!(
                "{what}: version {:?} and expiry {:?} instead of {:?} and {:?}",
                found.version, found.expires_at, put.version, put.expires_at
            )),
        }
    }

    /// Does the same in `contenders` threads that start together.
    pub(super) fn race<T: Send>(
        &self,
        contenders: usize,
        act: impl Fn(usize) -> Result<T, String> + Sync,
    ) -> Result<Vec<T>, String> {
        let start = Barrier::new(contenders);
        thread::scope(|scope| {
            let threads: Vec<_> = (0..contenders)
                .map(|contender| {
                    let (start, act) = (&start, &act);
                    scope.spawn(move || {
                        start.wait();
                        act(contender)
                    })
                })
                .collect();
            let outcomes = threads.into_iter().map(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|_| Err("a panic in a race".to_owned()))
            });
            outcomes.collect()
        })
    }
}

impl fmt::Debug for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Suite")
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

pub(super) fn entry_of(put: &Put) -> Entry {
    Entry {
        value: put.value.clone(),
        version: put.version,
        expires_at: put.expires_at,
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "callers compare what they have just made"
)]
pub(super) fn equal<T: PartialEq + fmt::Debug>(what: &str, found: T, wanted: T) -> Outcome {
    match found == wanted {
        true => Ok(()),
        false => Err(format!("{what}: {found:?} instead of {wanted:?}")),
    }
}

fn answered<T>(
    answer: Option<Result<T, crate::error::Error>>,
    operation: &str,
) -> Result<T, String> {
    match answer {
        Some(Ok(answer)) => Ok(answer),
        Some(Err(error)) => Err(format!("{operation} failed: {error}")),
        None => Err(format!("{operation} was not run to its end")),
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn park_on(mut future: BoxFuture<'_, ()>) {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    while future.as_mut().poll(&mut Context::from_waker(&waker)) == Poll::Pending {
        thread::park();
    }
}
