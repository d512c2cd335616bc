//! The group `flood`: how long tokens take while strangers guess passwords, and what that takes of memory.
//!
//! The server is the command, with all cores of the machine: the threads that hash passwords are what is
//! between the two.

mod command;
mod guesses;
mod tokens;

use std::process::ExitCode;
use std::time::Duration;

use harness::{Group, Options, Result, median};

use crate::command::Running;
use crate::guesses::Guesses;

/// The longest that 99 % of the tokens may take, if that is more than twice what they take in peace.
const LIMIT: f64 = 10_000.0;

fn main() -> Result<ExitCode> {
    let options = Options::read(std::env::args().skip(1))?;
    let mut group = Group::new("flood", options)?;
    let (rounds, window) = (group.options().rounds, group.options().window.max(LEAST));
    let running = Running::start()?;
    let (mut peace, mut flood, mut growth) = (vec![], vec![], 0.0_f64);
    let (mut checked, mut refused) = (0, 0);
    for _ in 0..rounds {
        peace.push(tokens::p99(running.address(), window)?);
        let before = running.memory()?;
        let guesses = Guesses::start(running.address())?;
        flood.push(tokens::p99(running.address(), window)?);
        let answered = guesses.stop()?;
        checked += answered.checked;
        refused += answered.refused;
        growth = growth.max(running.peak_memory()? - before);
    }
    let in_peace = median(&peace);
    let limit = LIMIT.max(2.0 * in_peace);
    group.value("tokens_p99_in_peace", in_peace, "µs", None)?;
    group.value("tokens_p99_under_flood", median(&flood), "µs", Some(limit))?;
    let per_second = |number| f64::from(number) / (window.as_secs_f64() * rounds as f64);
    group.value(
        "checked_guesses_per_second",
        per_second(checked),
        "1/s",
        None,
    )?;
    group.value(
        "refused_guesses_per_second",
        per_second(refused),
        "1/s",
        None,
    )?;
    group.value("memory_growth_under_flood", growth, "MiB", Some(40.0))?;
    group.finish()
}

/// A 99th percentile needs some tokens.
const LEAST: Duration = Duration::from_secs(5);
