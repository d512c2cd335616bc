//! The group `stores`: operations of each adapter beside the plain calls of its driver that do the
//! same work on the same server.

mod driver;
mod load;
mod memcached;
mod mongodb;
mod mysql;
mod ours;
mod pair;
mod postgres;
mod redis;
mod scale;

use std::process::ExitCode;

use grantor_store_memcached::MemcachedStore;
use grantor_store_mongodb::MongodbStore;
use grantor_store_mysql::MysqlStore;
use grantor_store_postgres::PostgresStore;
use grantor_store_redis::RedisStore;
use grantor_testservers::{MariaDb, Memcached, MongoDb, Postgres, Redis};
use harness::{Group, Options, Result};
use tokio::runtime::Builder;

use crate::load::{TASKS, Work};
use crate::pair::Pair;

/// The names of the rows of one store.
macro_rules! names {
    ($store:literal) => {
        [
            (
                Work::Get,
                concat!($store, "_get"),
                concat!($store, "_get_by_driver"),
            ),
            (
                Work::Put,
                concat!($store, "_put"),
                concat!($store, "_put_by_driver"),
            ),
            (
                Work::Change,
                concat!($store, "_conditional_put"),
                concat!($store, "_conditional_put_by_driver"),
            ),
        ]
    };
}

fn main() -> Result<ExitCode> {
    let mut group = Group::new("stores", Options::read(std::env::args().skip(1))?)?;
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    // Servers have memory for all records, as one that is used has: what is measured is not a disk.
    if let Some(pair) = Pair::of(&mut group, &runtime, names!("redis")) {
        let server = Redis::start_with(&["--appendfsync everysec"])?;
        let store = runtime.block_on(RedisStore::open(&server.url()))?;
        let driver = runtime.block_on(redis::connect(&server.url()))?;
        pair.compare(store, &driver)?;
    }
    if let Some(pair) = Pair::of(&mut group, &runtime, names!("memcached")) {
        let server = Memcached::start_with(&["--memory-limit=1024"])?;
        let store = runtime.block_on(MemcachedStore::open(&server.url()))?;
        let driver = runtime.block_on(memcached::connect(server.port()))?;
        pair.compare(store, &driver)?;
    }
    if let Some(pair) = Pair::of(&mut group, &runtime, names!("postgres")) {
        let memory = ["shared_buffers=1GB", "max_wal_size=4GB"];
        let server = Postgres::start_with(&memory)?;
        let url = format!("{}?max_connections={TASKS}", server.url());
        let store = runtime.block_on(PostgresStore::open(&url))?;
        let driver = runtime.block_on(postgres::connect(&server.url()))?;
        pair.compare(store, &driver)?;
    }
    if let Some(pair) = Pair::of(&mut group, &runtime, names!("mysql")) {
        let memory = ["--innodb-buffer-pool-size=1G", "--innodb-log-file-size=1G"];
        let server = MariaDb::start_with(&memory)?;
        let url = format!("{}?max_connections={TASKS}", server.url());
        let store = runtime.block_on(MysqlStore::open(&url))?;
        let driver = runtime.block_on(mysql::connect(&server.url()))?;
        pair.compare(store, &driver)?;
    }
    if let Some(pair) = Pair::of(&mut group, &runtime, names!("mongodb")) {
        let server = MongoDb::start_with_cache(1)?;
        let url = format!("{}&maxPoolSize={TASKS}", server.url());
        let store = runtime.block_on(MongodbStore::open(&url))?;
        let driver = runtime.block_on(mongodb::connect(&url))?;
        pair.compare(store, &driver)?;
    }
    scale::measure(&mut group, &runtime)?;
    group.finish()
}
