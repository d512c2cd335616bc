//! The rows of a group, as they are measured.

use std::io::Write;
use std::process::ExitCode;

use crate::row::table;
use crate::turns::{median, spread};
use crate::{Baseline, Holds, Options, Result, Row, Turns, callgrind, take_turns};

/// The rows of one group, as they are measured.
#[derive(Debug)]
pub struct Group {
    name: &'static str,
    options: Options,
    rows: Vec<Row>,
    baseline: Baseline,
}

/// One side of a comparison.
#[expect(missing_debug_implementations, reason = "it holds a closure")]
#[expect(clippy::exhaustive_structs, reason = "made by every group")]
pub struct Side<'a> {
    /// Its row's name.
    pub bench: &'static str,
    /// Measures it once.
    pub measure: &'a mut dyn FnMut() -> Result<f64>,
}

/// Our side and the side that is compared with it.
#[expect(missing_debug_implementations, reason = "it holds closures")]
#[expect(clippy::exhaustive_structs, reason = "made by every group")]
pub struct Comparison<'a> {
    /// Ours.
    pub ours: Side<'a>,
    /// The other.
    pub beside: Side<'a>,
    /// The unit of both.
    pub unit: &'static str,
    /// The most that the ratio may be.
    pub bar: Option<f64>,
}

/// The most that one call may cost.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::exhaustive_structs, reason = "made by every group")]
pub struct Bars {
    /// Instructions.
    pub instructions: Option<f64>,
    /// Allocations.
    pub allocations: Option<f64>,
}

impl Group {
    /// A group without rows.
    ///
    /// # Errors
    ///
    /// The baseline cannot be read.
    pub fn new(name: &'static str, options: Options) -> Result<Self> {
        Ok(Self {
            name,
            options,
            rows: Vec::new(),
            baseline: Baseline::read(Baseline::usual_path())?,
        })
    }

    /// Returns the options of the command line.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Measures two sides in turns: a row for ours and, unless it has one, a row for the other.
    /// When the ratios lie too far apart it is all done once more.
    ///
    /// # Errors
    ///
    /// The first that a side returns.
    pub fn compare(&mut self, comparison: Comparison<'_>) -> Result<()> {
        let Comparison {
            ours,
            beside,
            unit,
            bar,
        } = comparison;
        if !self.options.wants(ours.bench) {
            return Ok(());
        }
        let rounds = self.options.rounds;
        let mut turns = take_turns(rounds, &mut *ours.measure, &mut *beside.measure)?;
        if is_noisy(&turns) {
            turns = take_turns(rounds, &mut *ours.measure, &mut *beside.measure)?;
        }
        if !self.rows.iter().any(|row| row.bench == beside.bench) {
            let values = &turns.beside;
            let row = self.row(beside.bench, median(values), unit);
            self.report(Row {
                spread: Some(spread(values)),
                ..row
            })?;
        }
        let ratios = turns.ratios();
        let ratio = median(&ratios);
        let row = self.row(ours.bench, median(&turns.ours), unit);
        self.report(Row {
            beside: Some(beside.bench.to_owned()),
            ratio: Some(ratio),
            spread: Some(spread(&ratios)),
            bar,
            holds: match is_noisy(&turns) {
                true => Holds::Noisy,
                false => holds(ratio, bar),
            },
            ..row
        })
    }

    /// Adds a row without a comparison: its value itself has the bar.
    ///
    /// # Errors
    ///
    /// Fails with the error of the measurement.
    pub fn alone(&mut self, side: Side<'_>, unit: &'static str, bar: Option<f64>) -> Result<()> {
        let Side { bench, measure } = side;
        if !self.options.wants(bench) {
            return Ok(());
        }
        let mut measure_all =
            || -> Result<Vec<f64>> { (0..self.options.rounds).map(|_| measure()).collect() };
        let mut values = measure_all()?;
        if spread(&values) > TOO_FAR_APART {
            values = measure_all()?;
        }
        let value = median(&values);
        let apart = spread(&values);
        let row = self.row(bench, value, unit);
        self.report(Row {
            spread: Some(apart),
            bar,
            holds: match bar.is_some() && apart > TOO_FAR_APART {
                true => Holds::Noisy,
                false => holds(value, bar),
            },
            ..row
        })
    }

    /// A row with the instructions of one call beside the baseline, and one with its
    /// allocations. `arguments` start this program so that it makes the calls; see
    /// [`callgrind`]. Without valgrind there are no such rows.
    ///
    /// # Errors
    ///
    /// Those of [`callgrind::cost_of_a_call`].
    pub fn count(
        &mut self,
        bench: &'static str,
        arguments: &[&str],
        allocations_bar: Option<f64>,
    ) -> Result<()> {
        let bars = Bars {
            instructions: None,
            allocations: allocations_bar,
        };
        self.count_within(bench, arguments, bars)
    }

    /// Like [`count`](Self::count), with bars for both.
    ///
    /// # Errors
    ///
    /// Those of [`callgrind::cost_of_a_call`].
    pub fn count_within(
        &mut self,
        bench: &'static str,
        arguments: &[&str],
        bars: Bars,
    ) -> Result<()> {
        if !self.options.wants(bench) || !callgrind::is_there() {
            return Ok(());
        }
        let cost = callgrind::cost_of_a_call(arguments)?;
        let before = self.baseline.instructions(self.name, bench);
        self.baseline
            .keep(self.name, bench, cost.instructions.round() as u64);
        let name = format!("{bench}_instructions");
        let row = self.row(&name, cost.instructions.round(), "instructions");
        self.report(Row {
            beside: before.map(|_| "baseline".to_owned()),
            ratio: before.map(|before| cost.instructions / before as f64),
            bar: bars.instructions,
            holds: holds(cost.instructions.round(), bars.instructions),
            ..row
        })?;
        let name = format!("{bench}_allocations");
        let row = self.row(&name, cost.allocations, "allocations");
        self.report(Row {
            bar: bars.allocations,
            holds: holds(cost.allocations, bars.allocations),
            ..row
        })
    }

    /// A row of a value that repeats exactly and so was measured once.
    ///
    /// # Errors
    ///
    /// Standard output cannot be written.
    pub fn value(
        &mut self,
        bench: &str,
        value: f64,
        unit: &'static str,
        bar: Option<f64>,
    ) -> Result<()> {
        let row = self.row(bench, value, unit);
        self.report(Row {
            bar,
            holds: holds(value, bar),
            ..row
        })
    }

    /// Prints the table, saves the baseline if asked to, and tells whether all bars hold.
    ///
    /// # Errors
    ///
    /// Standard output or the baseline cannot be written.
    pub fn finish(self) -> Result<ExitCode> {
        if !self.options.json {
            std::io::stdout().write_all(table(&self.rows).as_bytes())?;
        }
        if self.options.save {
            self.baseline.save()?;
        }
        let failed = self.rows.iter().any(|row| row.holds == Holds::No);
        Ok(match failed {
            true => ExitCode::FAILURE,
            false => ExitCode::SUCCESS,
        })
    }

    fn row(&self, bench: &str, value: f64, unit: &'static str) -> Row {
        Row {
            group: self.name,
            bench: bench.to_owned(),
            value,
            unit,
            beside: None,
            ratio: None,
            spread: None,
            bar: None,
            holds: Holds::Unasked,
        }
    }

    fn report(&mut self, row: Row) -> Result<()> {
        if self.options.json {
            let mut output = std::io::stdout().lock();
            writeln!(output, "{}", row.json())?;
            output.flush()?;
        }
        self.rows.push(row);
        Ok(())
    }
}

fn is_noisy(turns: &Turns) -> bool {
    spread(&turns.ratios()) > TOO_FAR_APART
}

fn holds(value: f64, bar: Option<f64>) -> Holds {
    match bar {
        None => Holds::Unasked,
        Some(bar) if value <= bar => Holds::Yes,
        Some(_) => Holds::No,
    }
}

const TOO_FAR_APART: f64 = 0.15;

#[cfg(test)]
mod tests {
    use super::*;

    fn group() -> Group {
        Group::new("test", Options::default()).unwrap()
    }

    fn compare(ours: &[f64], bar: Option<f64>) -> Group {
        let mut group = group();
        let mut values = ours.iter().copied().cycle();
        group
            .compare(Comparison {
                ours: Side {
                    bench: "ours",
                    measure: &mut || values.next().ok_or_else(|| "none left".into()),
                },
                beside: Side {
                    bench: "beside",
                    measure: &mut || Ok(10.0),
                },
                unit: "µs",
                bar,
            })
            .unwrap();
        group
    }

    #[test]
    fn the_ratio_is_held_against_the_bar() {
        for (bar, expected) in [
            (None, Holds::Unasked),
            (Some(1.1), Holds::Yes),
            (Some(1.05), Holds::No),
        ] {
            let group = compare(&[10.9, 10.8, 10.7], bar);
            let [beside, ours] = group.rows.as_slice() else {
                panic!("{:?}", group.rows);
            };
            assert_eq!((beside.bench.as_str(), beside.value), ("beside", 10.0));
            assert_eq!(ours.ratio, Some(1.08));
            assert_eq!(ours.holds, expected);
        }
    }

    #[test]
    fn turns_that_disagree_are_repeated_once_and_then_noisy() {
        let mut calm = [9.0, 12.0, 10.0, 10.0, 10.0].to_vec();
        calm.extend([10.0; 5]);
        assert_eq!(compare(&calm, Some(1.1)).rows[1].holds, Holds::Yes);
        let restless = compare(&[9.0, 12.0, 10.0, 10.0, 10.0], Some(1.1));
        assert_eq!(restless.rows[1].holds, Holds::Noisy);
    }

    #[test]
    fn a_value_alone_is_held_against_the_bar() {
        let mut group = group();
        let side = Side {
            bench: "alone",
            measure: &mut || Ok(99.0),
        };
        group.alone(side, "ns", Some(100.0)).unwrap();
        assert_eq!(group.rows[0].holds, Holds::Yes);
        assert_eq!(group.rows[0].ratio, None);
    }
}
