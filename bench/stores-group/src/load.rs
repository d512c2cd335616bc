//! Tasks that do the same work for some time, and how long each piece of it took.

use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use harness::{Result, cpu_time_with_children, quantile};

use crate::driver::{Driver, Record};

/// How many tasks work at once.
pub(crate) const TASKS: usize = 16;

/// A kind of work.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Work {
    Get,
    Put,
    Change,
}

/// How long the pieces took, in microseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    /// The time of all, for each.
    pub(crate) each: f64,
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    /// The CPU time of this program and of the servers, for each.
    pub(crate) cpu: f64,
}

impl Figures {
    /// Of the pieces whose times in microseconds `work` gives.
    pub(crate) async fn of(work: impl Future<Output = Result<Vec<f64>>>) -> Result<Self> {
        let (began, cpu) = (Instant::now(), cpu_time_with_children()?);
        let times = work.await?;
        let (all, cpu) = (
            began.elapsed(),
            cpu_time_with_children()?.saturating_sub(cpu),
        );
        let each = |time: Duration| time.as_secs_f64() * 1e6 / times.len() as f64;
        Ok(Self {
            each: each(all),
            p50: quantile(&times, 0.5),
            p99: quantile(&times, 0.99),
            cpu: each(cpu),
        })
    }
}

/// Works for some time, after a tenth of it to warm up.
pub(crate) async fn run(driver: &impl Driver, work: Work, window: Duration) -> Result<Figures> {
    try_join_all((0..TASKS).map(|task| one(driver, task, work, window / 10))).await?;
    let tasks = (0..TASKS).map(|task| one(driver, task, work, window));
    Figures::of(async { Ok(try_join_all(tasks).await?.concat()) }).await
}

async fn one(driver: &impl Driver, task: usize, work: Work, window: Duration) -> Result<Vec<f64>> {
    let mut record = Record::new()?;
    if !matches!(work, Work::Put) {
        driver.put(task, &record).await?;
    }
    let (started, mut times) = (Instant::now(), Vec::new());
    while started.elapsed() < window {
        let before = Instant::now();
        match work {
            Work::Get => driver.get(task, &record).await?,
            Work::Put => {
                record = Record::new()?;
                driver.put(task, &record).await?;
            }
            Work::Change => {
                let next = record.next();
                driver.change(task, &record.version, &next).await?;
                record = next;
            }
        }
        times.push(before.elapsed().as_secs_f64() * 1e6);
    }
    Ok(times)
}
