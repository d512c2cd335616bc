//! A store beside its driver.

use std::cell::RefCell;
use std::sync::Arc;

use grantor_store::Store;
use harness::{Comparison, Group, Result, Side, median};
use tokio::runtime::Runtime;

use crate::driver::Driver;
use crate::load::{Figures, Work, run};
use crate::ours::Ours;

/// The driver's own calls have 90 % of the time of ours at least.
const BAR: f64 = 1.0 / 0.9;

/// The names of the rows of one store: ours and the driver's, for each kind of work.
pub(crate) type Names = [(Work, &'static str, &'static str); 3];

/// The rows of one store.
pub(crate) struct Pair<'a> {
    group: &'a mut Group,
    runtime: &'a Runtime,
    names: Names,
}

impl<'a> Pair<'a> {
    /// None, if no row with one of the names is to be measured.
    pub(crate) fn of(group: &'a mut Group, runtime: &'a Runtime, names: Names) -> Option<Self> {
        let wanted = names
            .iter()
            .any(|(_, bench, _)| group.options().wants(bench));
        wanted.then_some(Self {
            group,
            runtime,
            names,
        })
    }

    /// Measures each kind of work by the store and by the driver, in turns.
    pub(crate) fn compare(self, store: impl Store + 'static, driver: &impl Driver) -> Result<()> {
        let ours = Ours(Arc::new(store));
        let window = self.group.options().window;
        for (work, bench, beside) in self.names {
            let figures = [RefCell::new(Vec::new()), RefCell::new(Vec::new())];
            let measured = |found: Figures, side: usize| {
                figures[side].borrow_mut().push(found);
                found.each
            };
            let runtime = self.runtime;
            self.group.compare(Comparison {
                ours: Side {
                    bench,
                    measure: &mut || Ok(measured(runtime.block_on(run(&ours, work, window))?, 0)),
                },
                beside: Side {
                    bench: beside,
                    measure: &mut || Ok(measured(runtime.block_on(run(driver, work, window))?, 1)),
                },
                unit: "µs",
                bar: Some(BAR),
            })?;
            for (name, figures) in [bench, beside].into_iter().zip(figures) {
                report(self.group, name, &figures.into_inner())?;
            }
        }
        Ok(())
    }
}

/// The rows beside the time. None, if the row was not to be measured.
fn report(group: &mut Group, name: &str, figures: &[Figures]) -> Result<()> {
    if figures.is_empty() {
        return Ok(());
    }
    let of = |part: fn(&Figures) -> f64| median(&figures.iter().map(part).collect::<Vec<_>>());
    let per_second = of(|found| 1e6 / found.each);
    group.value(
        &format!("{name}_per_second"),
        per_second,
        "operations",
        None,
    )?;
    group.value(&format!("{name}_p50"), of(|found| found.p50), "µs", None)?;
    group.value(&format!("{name}_p99"), of(|found| found.p99), "µs", None)?;
    group.value(&format!("{name}_cpu"), of(|found| found.cpu), "µs", None)
}
