//! Conditional writes to records that are drawn.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::future::{BoxFuture, try_join_all};
use grantor_core::Timestamp;
use grantor_http::system;
use grantor_store::{Expect, Key, Put, PutOutcome, Store, Version};
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

/// What changes a record: the store, or the driver by a plain call.
pub(crate) trait Change {
    /// Whether the record was there in the version that is expected.
    fn change<'a>(&'a self, task: usize, put: &'a Put) -> BoxFuture<'a, Result<bool>>;
}

impl Change for Arc<dyn Store> {
    fn change<'a>(&'a self, _: usize, put: &'a Put) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async { Ok(self.put(put).await? == PutOutcome::Stored) })
    }
}

/// Tasks that each write to a part of the records.
pub(crate) struct RandomChanges {
    records: u64,
    tasks: Vec<Walk>,
}

/// The way of a task through its records. Which version one has follows from it: a table of them would
/// cost the more time the more there are.
struct Walk {
    task: usize,
    at: u64,
    steps: u64,
}

impl RandomChanges {
    pub(crate) fn new(records: u64) -> Self {
        let walk = |task| Walk {
            task,
            at: task as u64,
            steps: 0,
        };
        Self {
            records,
            tasks: (0..TASKS).map(walk).collect(),
        }
    }

    /// Works for some time, after a tenth of it to warm up.
    pub(crate) async fn run(&mut self, by: &dyn Change, window: Duration) -> Result<Figures> {
        self.run_once(by, window / 10).await?;
        self.run_once(by, window).await
    }

    async fn run_once(&mut self, by: &dyn Change, window: Duration) -> Result<Figures> {
        let records = self.records;
        let tasks = self.tasks.iter_mut();
        let tasks = tasks.map(|walk| walk.change(by, records, window));
        Figures::of(async { Ok(try_join_all(tasks).await?.concat()) }).await
    }
}

impl Walk {
    async fn change(
        &mut self,
        by: &dyn Change,
        records: u64,
        window: Duration,
    ) -> Result<Vec<f64>> {
        let (started, mut times) = (Instant::now(), Vec::new());
        while started.elapsed() < window {
            // Every record of this task once before one comes again, in an order without order.
            self.at = (self.at + TASKS as u64 * STRIDE) % records;
            let (number, times_written) = (self.at, self.steps / (records / TASKS as u64));
            let expected = version(number, times_written);
            let version = version(number, times_written + 1);
            self.steps += 1;
            let key = [&PREFIX[..], &of_number(number)].concat();
            let put = Put {
                key: Key::from_bytes(&key).ok_or("a key that is too long")?,
                value: Bytes::from(vec![b'w'; VALUE]),
                version,
                expires_at: Some(expiry(number)),
                expect: Expect::Version(expected),
            };
            let before = Instant::now();
            let done = by.change(self.task, &put).await?;
            times.push(before.elapsed().as_secs_f64() * 1e6);
            wrote(done)?;
        }
        Ok(times)
    }
}

/// The version of a record that was written so many times.
fn version(number: u64, times: u64) -> Version {
    Version((u128::from(times) << 64 | u128::from(number)).to_be_bytes())
}

fn expiry(number: u64) -> Timestamp {
    system().now() + LIFE + Duration::from_millis(number)
}

/// A prime that divides no number of records here.
const STRIDE: u64 = 7_368_787;
