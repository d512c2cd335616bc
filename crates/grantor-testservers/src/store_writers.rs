//! Writers that go on while a server of their store fails.

#![expect(clippy::unwrap_used, reason = "a test fails where it panics")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use grantor_store::{PutOutcome, Store};
use tokio::task::{JoinHandle, yield_now};

use crate::stores::{creation, value_of};

const WRITERS: usize = 4;
/// How many further writes are waited for.
const SOME: usize = 50;

/// Tasks that create records; after an error the same put again, until it has an answer. A store that
/// repeats a put by itself may show them no error at all.
pub struct Writers<S> {
    store: Arc<S>,
    acknowledged: Arc<AtomicUsize>,
    end: Arc<AtomicBool>,
    tasks: Vec<JoinHandle<Vec<String>>>,
}

impl<S: Store + 'static> Writers<S> {
    /// Starts four.
    #[must_use]
    pub fn start(store: &Arc<S>) -> Self {
        let (acknowledged, end) = (Arc::default(), Arc::default());
        let task = |writer| {
            let (count, end) = (Arc::clone(&acknowledged), Arc::clone(&end));
            tokio::spawn(write(Arc::clone(store), writer, count, end))
        };
        Self {
            store: Arc::clone(store),
            tasks: (0..WRITERS).map(task).collect(),
            acknowledged,
            end,
        }
    }

    /// Waits until fifty further writes are acknowledged.
    pub async fn write_on(&self) {
        let goal = self.acknowledged.load(Ordering::Relaxed) + SOME;
        while self.acknowledged.load(Ordering::Relaxed) < goal {
            yield_now().await;
        }
    }

    /// Ends them.
    ///
    /// # Panics
    /// A write that was acknowledged is not there.
    pub async fn end(self) {
        self.end.store(true, Ordering::Relaxed);
        for task in self.tasks {
            for key in task.await.unwrap() {
                assert_eq!(value_of(&*self.store, &key).await.unwrap(), key);
            }
        }
    }
}

async fn write(
    store: Arc<impl Store>,
    writer: usize,
    acknowledged: Arc<AtomicUsize>,
    end: Arc<AtomicBool>,
) -> Vec<String> {
    let mut keys = Vec::new();
    while !end.load(Ordering::Relaxed) {
        let key = format!("{writer} {}", keys.len());
        let put = creation(&key);
        let outcome = loop {
            if let Ok(outcome) = store.put(&put).await {
                break outcome;
            }
            yield_now().await;
        };
        // No other writer has this key: a conflict would be with its own first try.
        assert_eq!(outcome, PutOutcome::Stored, "{key}");
        acknowledged.fetch_add(1, Ordering::Relaxed);
        keys.push(key);
    }
    keys
}
