//! Writers that go on while servers fail, and the account of what they were told.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use grantor_store::{Applied, Error, PutOutcome, Store};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::stores::{creation, value_at};

/// How long a writer waits after an error.
const PAUSE: Duration = Duration::from_millis(10);

/// Writers on several stores with the same records. Those of the same number create the same records,
/// one after the other, so that only one of them may be told each time that it did.
pub struct Load {
    writers: Vec<JoinHandle<()>>,
    shared: Arc<Shared>,
}

struct Shared {
    end: AtomicBool,
    acknowledged: AtomicUsize,
    account: Mutex<Account>,
}

/// What the writers were told.
#[derive(Debug)]
pub struct Account {
    /// How often the creation of a record was acknowledged, by its key.
    pub created: HashMap<String, usize>,
    /// How many operations had an unknown outcome.
    pub unknown: usize,
    /// How many operations failed and changed nothing.
    pub failed: usize,
    /// The longest time that one operation took.
    pub longest: Duration,
    /// The longest time in which nothing was acknowledged.
    pub pause: Duration,
    last: Instant,
}

impl Load {
    /// Starts so many writers on each store.
    #[must_use]
    pub fn start(stores: &[Arc<dyn Store>], writers: usize) -> Self {
        let account = Account {
            created: HashMap::new(),
            unknown: 0,
            failed: 0,
            longest: Duration::ZERO,
            pause: Duration::ZERO,
            last: Instant::now(),
        };
        let shared = Arc::new(Shared {
            end: AtomicBool::new(false),
            acknowledged: AtomicUsize::new(0),
            account: Mutex::new(account),
        });
        let all = (0..writers).flat_map(|writer| stores.iter().map(move |store| (writer, store)));
        let writers = all.map(|(writer, store)| {
            let (store, shared) = (Arc::clone(store), Arc::clone(&shared));
            tokio::spawn(async move { shared.write(&*store, writer).await })
        });
        Self {
            writers: writers.collect(),
            shared,
        }
    }

    /// Waits until so many more records were acknowledged.
    pub async fn reach(&self, more: usize) {
        let goal = self.shared.acknowledged.load(Ordering::Relaxed) + more;
        while self.shared.acknowledged.load(Ordering::Relaxed) < goal {
            sleep(PAUSE).await;
        }
    }

    /// Ends the writers.
    ///
    /// # Errors
    /// A writer panicked.
    pub async fn stop(self) -> Result<Account, String> {
        self.shared.end.store(true, Ordering::Relaxed);
        for writer in self.writers {
            writer.await.map_err(|error| error.to_string())?;
        }
        let shared = Arc::into_inner(self.shared).ok_or("a writer is left")?;
        let account = shared.account.into_inner();
        Ok(account.unwrap_or_else(PoisonError::into_inner))
    }
}

impl Shared {
    async fn write(&self, store: &dyn Store, writer: usize) {
        for number in 0_usize.. {
            let key = format!("{writer} {number}");
            let put = creation(&key);
            // The same put, until its outcome is known.
            loop {
                if self.end.load(Ordering::Relaxed) {
                    return;
                }
                let started = Instant::now();
                let outcome = store.put(&put).await;
                if self.note(&key, &outcome, started.elapsed()) {
                    break;
                }
                sleep(PAUSE).await;
            }
        }
    }

    /// Writes down what a writer was told, and returns whether it goes on to the next record.
    fn note(&self, key: &str, outcome: &Result<PutOutcome, Error>, took: Duration) -> bool {
        let mut account = self.account();
        account.longest = account.longest.max(took);
        match outcome {
            Ok(PutOutcome::Stored) => {
                *account.created.entry(key.to_owned()).or_default() += 1;
                account.pause = account.pause.max(account.last.elapsed());
                account.last = Instant::now();
                self.acknowledged.fetch_add(1, Ordering::Relaxed);
                return true;
            }
            Ok(PutOutcome::Conflict) => return true,
            Err(error) if error.applied() == Applied::Unknown => account.unknown += 1,
            Err(_) => account.failed += 1,
        }
        false
    }

    fn account(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Account {
    /// How many creations were acknowledged to two writers.
    #[must_use]
    pub fn won_twice(&self) -> usize {
        self.created.values().filter(|times| **times > 1).count()
    }

    /// How many acknowledged records are not there.
    ///
    /// # Errors
    /// The store fails.
    pub async fn lost(&self, store: &dyn Store) -> Result<usize, String> {
        let mut lost = 0;
        for key in self.created.keys() {
            let value = value_at(store, key).await;
            let value = value.map_err(|error| error.to_string())?;
            lost += usize::from(value.is_none_or(|value| value != key.as_bytes()));
        }
        Ok(lost)
    }

    /// The account in one line.
    #[must_use]
    pub fn summary(&self, lost: usize) -> String {
        format!(
            "{} acknowledged, {lost} of them lost, {} won twice, {} unknown, {} failed; longest \
             operation {:.1} s, longest pause {:.1} s",
            self.created.len(),
            self.won_twice(),
            self.unknown,
            self.failed,
            self.longest.as_secs_f64(),
            self.pause.as_secs_f64(),
        )
    }
}
