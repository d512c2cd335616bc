//! A store in which somebody else is quicker.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use grantor_core::BoxFuture;
use grantor_store::{
    Applied, Capabilities, Entry, Error, Expect, Key, MemoryStore, Put, PutOutcome, RemoveOutcome,
    Store,
};

/// A store that others may write to between what its user reads and what its user writes.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    memory: MemoryStore,
    fails: AtomicBool,
    /// The states of logins that were written.
    states: Mutex<Vec<Put>>,
    comes_first: Mutex<Option<Put>>,
}

impl Shared {
    /// Sets whether it refuses the state of a login.
    pub(crate) fn fail(&self, fails: bool) {
        self.fails.store(fails, Ordering::SeqCst);
    }

    /// The records that others write before the next state of a login.
    pub(crate) fn let_come_first(&self, state: Put) {
        *self.comes_first.lock().unwrap() = Some(state);
    }

    /// Holds a state that was written elsewhere.
    pub(crate) async fn take(&self, state: &Put) {
        let put = Put {
            expect: Expect::Any,
            ..state.clone()
        };
        let outcome = self.memory.put(&put).await.unwrap();
        assert_eq!(outcome, PutOutcome::Stored);
    }

    /// All states that were to be written, in order.
    pub(crate) fn states(&self) -> Vec<Put> {
        self.states.lock().unwrap().clone()
    }

    pub(crate) fn last(&self) -> Put {
        self.states().pop().unwrap()
    }
}

impl Store for Shared {
    fn capabilities(&self) -> Capabilities {
        self.memory.capabilities()
    }

    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        self.memory.get(key)
    }

    fn put<'a>(&'a self, put: &'a Put) -> BoxFuture<'a, Result<PutOutcome, Error>> {
        if &put.key.as_bytes()[8..10] != b"lo" {
            return self.memory.put(put);
        }
        if self.fails.load(Ordering::SeqCst) {
            let error = Error::unavailable("refused by the test", Applied::No);
            return Box::pin(std::future::ready(Err(error)));
        }
        self.states.lock().unwrap().push(put.clone());
        let first = self.comes_first.lock().unwrap().take();
        Box::pin(async move {
            if let Some(first) = first {
                self.take(&first).await;
            }
            self.memory.put(put).await
        })
    }

    fn remove<'a>(
        &'a self,
        key: &'a Key,
        expect: Expect,
    ) -> BoxFuture<'a, Result<RemoveOutcome, Error>> {
        self.memory.remove(key, expect)
    }
}
