//! The group `worst`: the most that one request can cost, at every endpoint of the server.
//!
//! Requests that fill what the server reads of them go to the service in process, one by one. Each
//! may cost at most 60 million instructions, so that nobody stops a server with few requests. The
//! endpoints come from the server's own table, so a new one joins by itself.

mod cases;
mod fill;
mod target;

use std::process::ExitCode;

use cases::{Case, cases};
use harness::{Group, Options, Result, callgrind, counted_case};

fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|word| word == "count") {
        count()?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut group = Group::new("worst", Options::read(arguments)?)?;
    measure(&mut group)?;
    group.finish()
}

/// Makes each request once.
fn count() -> Result<()> {
    let (runtime, server) = target::start()?;
    for case in cases(&server.endpoint_rows()) {
        let answer = counted_case(&runtime, &server, case.request()?)?;
        if answer.status().is_server_error() {
            return Err(format!("{}: {}", case.name(), answer.status()).into());
        }
    }
    Ok(())
}

/// A row for each endpoint: its worst request.
fn measure(group: &mut Group) -> Result<()> {
    if !callgrind::is_there() {
        return Err("the counts need valgrind".into());
    }
    let (_runtime, server) = target::start()?;
    let cases = cases(&server.endpoint_rows());
    let costs = callgrind::costs_of_each_call(&["count"], cases.len())?;
    let mut worst: Vec<(u64, &Case)> = Vec::new();
    for (case, cost) in cases.iter().zip(costs) {
        match worst
            .iter_mut()
            .find(|(_, one)| one.row.name == case.row.name)
        {
            Some(one) if one.0 < cost => *one = (cost, case),
            Some(_) => {}
            None => worst.push((cost, case)),
        }
    }
    for (cost, case) in worst {
        group.value(&case.name(), cost as f64, "instructions", Some(MOST))?;
    }
    group.value("requests", cases.len() as f64, "requests", None)
}

const MOST: f64 = 60_000_000.0;
