//! The group `worst`: the most that one request can cost, at every endpoint of the server.
//!
//! Requests that fill everything the server reads go to the service in process, one by one. Each may
//! cost at most 60 million instructions, so that nobody stops a server with few requests. The
//! endpoints come from the server's own table, so a new one joins by itself.
//!
//! There are thousands of requests, too many for callgrind. All of them are timed, and the slowest of
//! each endpoint are counted.

mod bases;
mod cases;
mod fill;
mod target;
mod visit;

use std::process::ExitCode;

use harness::{Group, Options, Result, callgrind, counted_case, cpu_time_of};

use target::Target;

fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [word, numbers, ..] = arguments.as_slice()
        && word == "count"
    {
        count(numbers)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut group = Group::new("worst", Options::read(arguments)?)?;
    measure(&mut group)?;
    group.finish()
}

/// Makes the requests with these numbers, to be counted.
fn count(numbers: &str) -> Result<()> {
    let target = Target::start()?;
    let cases = target.cases();
    for number in numbers.split(',') {
        let case = cases.get(number.parse::<usize>()?);
        let request = case.ok_or("there is no such request")?.request()?;
        counted_case(target.runtime(), target.server(), request)?;
    }
    Ok(())
}

/// A row for each endpoint: its worst request.
fn measure(group: &mut Group) -> Result<()> {
    if !callgrind::is_there() {
        return Err("the counts need valgrind".into());
    }
    let target = Target::start()?;
    let cases = target.cases();
    let chosen = slowest(&target, |name| group.options().wants(name))?;
    let numbers: Vec<String> = chosen.iter().map(usize::to_string).collect();
    let costs = callgrind::costs_of_each_call(&["count", &numbers.join(",")], chosen.len())?;
    let mut worst: Vec<(u64, usize)> = Vec::new();
    for (number, cost) in chosen.into_iter().zip(costs) {
        let name = cases[number].row.name;
        match worst
            .iter_mut()
            .find(|(_, one)| cases[*one].row.name == name)
        {
            Some(one) if one.0 < cost => *one = (cost, number),
            Some(_) => {}
            None => worst.push((cost, number)),
        }
    }
    for (cost, number) in worst {
        let name = cases[number].name();
        group.value(&name, cost as f64, "instructions", Some(MOST))?;
    }
    group.value("requests", cases.len() as f64, "requests", None)
}

/// The numbers of the requests that took the most CPU time, some of each endpoint.
fn slowest(target: &Target, wants: impl Fn(&str) -> bool) -> Result<Vec<usize>> {
    let cases = target.cases();
    let mut endpoints: Vec<(&str, Vec<(u64, usize)>)> = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        let name = case.row.name;
        if !wants(name) {
            continue;
        }
        let mut least = u64::MAX;
        for _ in 0..TIMES {
            let request = case.request()?;
            let (answer, time) = cpu_time_of(|| target.send(request))?;
            let status = answer?.status();
            if status.is_server_error() {
                return Err(format!("{}: {status}", case.name()).into());
            }
            least = least.min(time);
        }
        match endpoints.iter_mut().find(|(own, _)| *own == name) {
            Some((_, times)) => times.push((least, number)),
            None => endpoints.push((name, vec![(least, number)])),
        }
    }
    let mut chosen = Vec::new();
    for (_, mut times) in endpoints {
        times.sort_unstable_by(|one, other| other.cmp(one));
        chosen.extend(times.iter().take(COUNTED).map(|(_, number)| *number));
    }
    Ok(chosen)
}

const MOST: f64 = 60_000_000.0;
/// How often each request is timed. The least time counts.
const TIMES: usize = 2;
/// How many requests of each endpoint are counted.
const COUNTED: usize = 8;
