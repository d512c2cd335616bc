//! The group `stores`: operations of each adapter beside the plain calls of its driver that do the
//! same work on the same server.

mod driver;
mod load;
mod memcached;
mod mongodb;
mod mysql;
mod ours;
mod postgres;
mod redis;
mod scale;

use std::cell::RefCell;
use std::process::ExitCode;
use std::sync::Arc;

use grantor_store::Store;
use grantor_store_memcached::MemcachedStore;
use grantor_store_mongodb::MongodbStore;
use grantor_store_mysql::MysqlStore;
use grantor_store_postgres::PostgresStore;
use grantor_store_redis::RedisStore;
use grantor_testservers::{MariaDb, Memcached, MongoDb, Postgres, Redis};
use harness::{Comparison, Group, Options, Result, Side, median};
use tokio::runtime::{Builder, Runtime};

use crate::driver::Driver;
use crate::load::{Figures, TASKS, Work, run};
use crate::ours::Ours;

/// The driver's own calls have 90 % of the time of ours at least.
const BAR: f64 = 1.0 / 0.9;

/// The names of the rows of one store: ours and the driver's, for each kind of work.
type Names = [(Work, &'static str, &'static str); 3];

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
    let open = |store: Arc<dyn Store>| Ours(store);

    let server = Redis::start_with(&["--appendfsync everysec"]).map_err(text)?;
    let store = runtime.block_on(RedisStore::open(&server.url()))?;
    let driver = runtime.block_on(redis::connect(&server.url()))?;
    compare(
        &mut group,
        &runtime,
        names!("redis"),
        &open(Arc::new(store)),
        &driver,
    )?;

    let server = Memcached::start().map_err(text)?;
    let store = runtime.block_on(MemcachedStore::open(&server.url()))?;
    let driver = runtime.block_on(memcached::connect(server.port()))?;
    compare(
        &mut group,
        &runtime,
        names!("memcached"),
        &open(Arc::new(store)),
        &driver,
    )?;

    let server = Postgres::start().map_err(text)?;
    let url = format!("{}?max_connections={TASKS}", server.url());
    let store = runtime.block_on(PostgresStore::open(&url))?;
    let driver = runtime.block_on(postgres::connect(&server.url()))?;
    compare(
        &mut group,
        &runtime,
        names!("postgres"),
        &open(Arc::new(store)),
        &driver,
    )?;

    let server = MariaDb::start().map_err(text)?;
    let url = format!("{}?max_connections={TASKS}", server.url());
    let store = runtime.block_on(MysqlStore::open(&url))?;
    let driver = runtime.block_on(mysql::connect(&server.url()))?;
    compare(
        &mut group,
        &runtime,
        names!("mysql"),
        &open(Arc::new(store)),
        &driver,
    )?;

    let server = MongoDb::start().map_err(text)?;
    let url = format!("{}&maxPoolSize={TASKS}", server.url());
    let store = runtime.block_on(MongodbStore::open(&url))?;
    let driver = runtime.block_on(mongodb::connect(&url))?;
    compare(
        &mut group,
        &runtime,
        names!("mongodb"),
        &open(Arc::new(store)),
        &driver,
    )?;
    drop(server);
    scale::measure(&mut group, &runtime)?;
    group.finish()
}

fn text(error: grantor_testservers::Error) -> String {
    error.to_string()
}

/// Each kind of work by the store and by the driver, in turns.
fn compare<D: Driver>(
    group: &mut Group,
    runtime: &Runtime,
    names: Names,
    ours: &Ours,
    driver: &D,
) -> Result<()> {
    let window = group.options().window;
    for (work, bench, beside) in names {
        if !group.options().wants(bench) {
            continue;
        }
        let figures = [RefCell::new(Vec::new()), RefCell::new(Vec::new())];
        let measured = |found: Figures, side: usize| {
            figures[side].borrow_mut().push(found);
            found.each
        };
        group.compare(Comparison {
            ours: Side {
                bench,
                measure: &mut || Ok(measured(runtime.block_on(run(ours, work, window))?, 0)),
            },
            beside: Side {
                bench: beside,
                measure: &mut || Ok(measured(runtime.block_on(run(driver, work, window))?, 1)),
            },
            unit: "µs",
            bar: Some(BAR),
        })?;
        for (name, figures) in [bench, beside].into_iter().zip(figures) {
            let figures = figures.into_inner();
            let of =
                |part: fn(&Figures) -> f64| median(&figures.iter().map(part).collect::<Vec<_>>());
            let per_second = of(|found| 1e6 / found.each);
            group.value(
                &format!("{name}_per_second"),
                per_second,
                "operations",
                None,
            )?;
            group.value(&format!("{name}_p50"), of(|found| found.p50), "µs", None)?;
            group.value(&format!("{name}_p99"), of(|found| found.p99), "µs", None)?;
        }
    }
    Ok(())
}
