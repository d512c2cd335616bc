//! How many bytes a record takes, written by the store under keys without an order, as grants are.

use bytes::Bytes;
use futures_util::future::try_join_all;
use grantor_http::system;
use grantor_store::{Expect, Key, Moment, Put, PutOutcome, Store, Version};
use harness::{Group, Result};
use tokio::runtime::Runtime;

use super::random_changes::PREFIX;
use super::{Filled, LIFE, VALUE};
use crate::driver::wrote;

const RECORDS: u64 = 100_000;
/// How many tasks write at once.
const TASKS: u64 = 50;

/// A row for each store.
pub(super) fn measure(group: &mut Group, runtime: &Runtime) -> Result<()> {
    let rows = &mut Rows { group, runtime };
    rows.add("postgres_bytes_for_a_record", super::postgres::start)?;
    rows.add("mysql_bytes_for_a_record", super::mysql::start)?;
    rows.add("mongodb_bytes_for_a_record", super::mongodb::start)?;
    rows.add("redis_bytes_for_a_record", super::redis::start)?;
    rows.add("memcached_bytes_for_a_record", super::memcached::start)
}

struct Rows<'a> {
    group: &'a mut Group,
    runtime: &'a Runtime,
}

impl Rows<'_> {
    fn add<F: Filled>(&mut self, bench: &str, start: impl AsyncFn(u64) -> Result<F>) -> Result<()> {
        if !self.group.options().wants(bench) {
            return Ok(());
        }
        let bytes = self.runtime.block_on(async {
            let filled = start(RECORDS).await?;
            let store = filled.store();
            store.maintain(Moment::of(&system())).await?;
            let empty = filled.bytes().await?;
            try_join_all((0..TASKS).map(|_| write(&*store, RECORDS / TASKS))).await?;
            filled.settle().await?;
            Result::Ok((filled.bytes().await? - empty) / RECORDS as f64)
        })?;
        self.group.value(bench, bytes, "bytes", None)
    }
}

/// Creates so many records, whose values can't be made smaller, as sealed ones can't.
async fn write(store: &dyn Store, records: u64) -> Result<()> {
    let environment = system();
    for _ in 0..records {
        let key = [&PREFIX[..], &environment.random_bytes::<16>()].concat();
        let put = Put {
            key: Key::from_bytes(&key).ok_or("a key that is too long")?,
            value: Bytes::copy_from_slice(&environment.random_bytes::<VALUE>()),
            version: Version(environment.random_bytes()),
            expires_at: Some(environment.now() + LIFE),
            expect: Expect::Absent,
        };
        wrote(store.put(&put).await? == PutOutcome::Stored)?;
    }
    Ok(())
}
