//! Stores with ten million records beside such with ten thousand, how they delete what is dead, and
//! how many bytes a record takes.

mod bytes;
mod memcached;
mod mongodb;
mod mysql;
mod postgres;
mod random_changes;
mod redis;

use std::sync::Arc;
use std::time::{Duration, Instant};

use grantor_http::system;
use grantor_store::{Moment, Store};
use harness::{Comparison, Group, Result, Side};
use tokio::runtime::Runtime;

use self::random_changes::{Change, RandomChanges};

const FEW: u64 = 10_000;
const MANY: u64 = 10_000_000;
/// How many records die in a second.
const DEAD_A_SECOND: u64 = 2_000;
/// The bytes of a record's value.
pub(crate) const VALUE: usize = 400;
/// Longer than any deletion takes.
const PATIENCE: Duration = Duration::from_secs(60);
/// How many times as long as it is measured once a server works before.
const WARM_UP: u32 = 5;
/// How long the records are alive.
const LIFE: Duration = Duration::from_secs(30 * 24 * 3600);

/// A server whose bytes are counted.
pub(crate) trait Filled {
    /// The store on that server.
    fn store(&self) -> Arc<dyn Store>;
    /// Lets the server do what it would do some time after it was filled.
    async fn settle(&self) -> Result<()> {
        Ok(())
    }
    /// How many bytes all records take.
    async fn bytes(&self) -> Result<f64>;
}

/// A server that is filled without its store, since that would take hours.
trait Bulk: Filled {
    /// Creates the records with these numbers: see [`random_changes`]. The first one is dead then,
    /// each further one a millisecond later.
    async fn fill(&self, from: u64, to: u64, expires_at: i64) -> Result<()>;
    /// The same in a server without records.
    async fn fill_first(&self, records: u64, expires_at: i64) -> Result<()> {
        self.fill(0, records, expires_at).await
    }
    /// The plainest change of a record that the driver can make, where that is measured too.
    fn plain(&self) -> Option<&dyn Change> {
        None
    }
    /// Creates records with numbers from `from` on that are dead, and has them deleted. How long the
    /// deletion takes.
    async fn delete_dead(&self, from: u64, records: u64) -> Result<Duration> {
        let at = (system().now() - Duration::from_secs(3600)).as_millis();
        self.fill(from, from + records, at).await?;
        let (store, began) = (self.store(), Instant::now());
        let mut deleted = 0;
        while deleted < records {
            let done = store.maintain(Moment::of(&system())).await?;
            deleted += done.deleted as u64;
            if began.elapsed() > PATIENCE {
                return Err(format!("{deleted} of {records} dead records were deleted").into());
            }
        }
        Ok(began.elapsed())
    }
}

/// The names of the rows of one store.
struct Names {
    many: &'static str,
    few: &'static str,
    many_by_driver: &'static str,
    few_by_driver: &'static str,
    bytes: &'static str,
    during_expiry: &'static str,
    without_expiry: &'static str,
    expiry_share: &'static str,
}

macro_rules! names {
    ($store:literal) => {
        Names {
            many: concat!($store, "_ten_million_conditional_put_p50"),
            few: concat!($store, "_ten_thousand_conditional_put_p50"),
            many_by_driver: concat!($store, "_ten_million_conditional_put_by_driver_p50"),
            few_by_driver: concat!($store, "_ten_thousand_conditional_put_by_driver_p50"),
            bytes: concat!($store, "_ten_million_bytes_for_a_record"),
            during_expiry: concat!($store, "_ten_million_p99_during_expiry"),
            without_expiry: concat!($store, "_ten_million_p99_without_expiry"),
            expiry_share: concat!($store, "_ten_million_time_for_expiry"),
        }
    };
}

/// All rows about many records.
pub(crate) fn measure(group: &mut Group, runtime: &Runtime) -> Result<()> {
    bytes::measure(group, runtime)?;
    compare(group, runtime, &names!("postgres"), postgres::start)?;
    compare(group, runtime, &names!("mysql"), mysql::start)?;
    compare(group, runtime, &names!("redis"), redis::start)?;
    compare(group, runtime, &names!("mongodb"), mongodb::start)
}

fn compare<B: Bulk>(
    group: &mut Group,
    runtime: &Runtime,
    names: &Names,
    start: impl AsyncFn(u64) -> Result<B>,
) -> Result<()> {
    if !group.options().wants(names.many) {
        return Ok(());
    }
    let window = group.options().window;
    let alive = (system().now() + LIFE).as_millis();
    let few = runtime.block_on(start(FEW))?;
    let many = runtime.block_on(start(MANY))?;
    let fill = async |bulk: &B, records| {
        // The first time that it is told, so that the store believes it.
        bulk.store().maintain(Moment::of(&system())).await?;
        let empty = bulk.bytes().await?;
        bulk.fill_first(records, alive).await?;
        bulk.settle().await?;
        let filled = bulk.bytes().await?;
        let mut changes = RandomChanges::new(records);
        changes.run(&bulk.store(), window * WARM_UP).await?;
        Result::Ok((changes, (filled - empty) / records as f64))
    };
    let (mut few_changes, _) = runtime.block_on(fill(&few, FEW))?;
    let (mut many_changes, bytes) = runtime.block_on(fill(&many, MANY))?;
    group.value(names.bytes, bytes, "bytes", None)?;
    let mut compare = |names: [_; 2], by: [&dyn Change; 2], bar| {
        group.compare(Comparison {
            ours: Side {
                bench: names[0],
                measure: &mut || Ok(runtime.block_on(many_changes.run(by[0], window))?.p50),
            },
            beside: Side {
                bench: names[1],
                measure: &mut || Ok(runtime.block_on(few_changes.run(by[1], window))?.p50),
            },
            unit: "µs",
            bar,
        })
    };
    let stores = [&many.store() as &dyn Change, &few.store()];
    compare([names.many, names.few], stores, Some(1.2))?;
    if let (Some(many), Some(few)) = (many.plain(), few.plain()) {
        compare(
            [names.many_by_driver, names.few_by_driver],
            [many, few],
            None,
        )?;
    }
    expire(group, runtime, names, &many, &mut many_changes)
}

/// Writes go on while as many records are deleted as die in that time.
fn expire<B: Bulk>(
    group: &mut Group,
    runtime: &Runtime,
    names: &Names,
    bulk: &B,
    changes: &mut RandomChanges,
) -> Result<()> {
    let window = group.options().window;
    let dead = DEAD_A_SECOND * window.as_secs().max(1);
    let (changes, store) = (std::cell::RefCell::new(changes), bulk.store());
    let (mut next, mut shares) = (MANY, Vec::new());
    let mut during = || {
        let mut changes = changes.borrow_mut();
        let both =
            async { tokio::join!(changes.run(&store, window), bulk.delete_dead(next, dead)) };
        let (figures, took) = runtime.block_on(both);
        next += dead;
        shares.push(took?.as_secs_f64() / window.as_secs_f64());
        Ok(figures?.p99)
    };
    group.compare(Comparison {
        ours: Side {
            bench: names.during_expiry,
            measure: &mut during,
        },
        beside: Side {
            bench: names.without_expiry,
            measure: &mut || {
                Ok(runtime
                    .block_on(changes.borrow_mut().run(&store, window))?
                    .p99)
            },
        },
        unit: "µs",
        bar: Some(2.0),
    })?;
    let share = harness::median(&shares);
    group.value(names.expiry_share, share, "of the time", Some(1.0))
}
