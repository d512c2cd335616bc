//! Conditional writes to records that are drawn.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::future::try_join_all;
use grantor_core::Timestamp;
use grantor_http::system;
use grantor_store::{Expect, Key, Put, Store, Version};
use harness::Result;

use super::{LIFE, VALUE};
use crate::driver::wrote;
use crate::load::{Figures, TASKS};

/// The beginning of all keys: eight bytes for a namespace, two for the kind of grants.
pub(crate) const PREFIX: &[u8; 10] = b"measuredgr";

/// The first version of the record with this number, and the end of its key.
pub(crate) fn of_number(number: u64) -> [u8; 16] {
    u128::from(number).to_be_bytes()
}

/// Tasks that each write to a part of the records.
pub(crate) struct RandomChanges {
    store: Arc<dyn Store>,
    records: u64,
    tasks: Vec<Known>,
}

/// What a task knows of its records.
struct Known {
    next: u64,
    /// Of those that were written.
    versions: HashMap<u64, Version>,
}

impl RandomChanges {
    pub(crate) fn new(store: Arc<dyn Store>, records: u64) -> Self {
        let known = |task| Known {
            next: task as u64,
            versions: HashMap::new(),
        };
        Self {
            store,
            records,
            tasks: (0..TASKS).map(known).collect(),
        }
    }

    /// Works for some time, after a tenth of it to warm up.
    pub(crate) async fn run(&mut self, window: Duration) -> Result<Figures> {
        self.run_once(window / 10).await?;
        self.run_once(window).await
    }

    async fn run_once(&mut self, window: Duration) -> Result<Figures> {
        let (store, records) = (&self.store, self.records);
        let tasks = self.tasks.iter_mut();
        let tasks = tasks.map(|known| known.change(&**store, records, window));
        Figures::of(async { Ok(try_join_all(tasks).await?.concat()) }).await
    }
}

impl Known {
    async fn change(
        &mut self,
        store: &dyn Store,
        records: u64,
        window: Duration,
    ) -> Result<Vec<f64>> {
        let (started, mut times) = (Instant::now(), Vec::new());
        while started.elapsed() < window {
            // Every record of this task once before one comes again, in an order without order.
            self.next = (self.next + TASKS as u64 * STRIDE) % records;
            let (number, version) = (self.next, Version(system().random_bytes()));
            let known = self.versions.get(&number);
            let expected = known.copied().unwrap_or(Version(of_number(number)));
            let key = [&PREFIX[..], &of_number(number)].concat();
            let put = Put {
                key: Key::from_bytes(&key).ok_or("a key that is too long")?,
                value: Bytes::from(vec![b'w'; VALUE]),
                version,
                expires_at: Some(expiry(number)),
                expect: Expect::Version(expected),
            };
            let before = Instant::now();
            let outcome = store.put(&put).await?;
            times.push(before.elapsed().as_secs_f64() * 1e6);
            wrote(outcome == grantor_store::PutOutcome::Stored)?;
            self.versions.insert(number, version);
        }
        Ok(times)
    }
}

fn expiry(number: u64) -> Timestamp {
    system().now() + LIFE + Duration::from_millis(number)
}

/// A prime that divides no number of records here.
const STRIDE: u64 = 7_368_787;
