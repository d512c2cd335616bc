//! The group `scale`: a server with ten million live grants in SQLite beside one with ten thousand.
//!
//! The program measures; started with `serve` it is the server.

mod expired;
mod fill;
mod records;

use std::cell::RefCell;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use grantor_store_sqlite::{SqliteOptions, SqliteStore};
use harness::{
    Comparison, Cores, Group, Measured, Options, Requests, Result, Server, Side, median,
};
use server::client_request;

use crate::fill::Filled;

const FEW: u64 = 10_000;
const MANY: u64 = 10_000_000;

fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let ["serve", database, _] = words.as_slice() {
        let database = Path::new(database).join(fill::FILE);
        server::serve_grants_on(Arc::new(open(&database)?))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut group = Group::new("scale", Options::read(arguments)?)?;
    let (few, many) = (fill::database(FEW)?, fill::database(MANY)?);
    group.value("bytes_for_a_grant", many.bytes_for_a_grant, "bytes", None)?;
    group.value("bytes_for_a_token", many.bytes_for_a_token, "bytes", None)?;
    compare(&mut group, &few, &many)?;
    let bar = Some(MAX_BATCH_MICROSECONDS);
    let few = expired::batch_p999(&few)?;
    group.value("expired_batch_p999", few, "µs", bar)?;
    let many = expired::batch_p999(&many)?;
    group.value(
        "expired_batch_p999_beside_ten_million_grants",
        many,
        "µs",
        bar,
    )?;
    group.finish()
}

/// Tokens for refresh tokens of different grants, from either server in turns.
fn compare(group: &mut Group, few: &Filled, many: &Filled) -> Result<()> {
    let cores = Cores::find()?;
    let window = group.options().window;
    let latencies = [RefCell::new(Vec::new()), RefCell::new(Vec::new())];
    let measure = |filled: &Filled, index: usize| {
        let measured = load(filled, cores, window)?;
        latencies[index].borrow_mut().push(measured.p50);
        Ok(measured.cpu)
    };
    group.compare(Comparison {
        ours: Side {
            bench: "ten_million_grants",
            measure: &mut || measure(many, 1),
        },
        beside: Side {
            bench: "ten_thousand_grants",
            measure: &mut || measure(few, 0),
        },
        unit: "µs",
        bar: Some(1.2),
    })?;
    let [few, many] = latencies.map(|values| median(&values.into_inner()));
    group.value("ten_thousand_grants_p50", few, "µs", None)?;
    group.value("ten_million_grants_p50", many, "µs", Some(1.2 * few))
}

fn load(filled: &Filled, cores: Cores, window: std::time::Duration) -> Result<Measured> {
    let server = Server::start(&["serve", filled.database()?], cores)?;
    let request = |token: &String| {
        let body = format!("grant_type=refresh_token&refresh_token={token}");
        client_request(server.address(), "/token", &body, "")
    };
    // More than one server answers in the time.
    let tokens = filled.refresh_tokens.iter().cycle().take(REQUESTS);
    server.measure(Requests::Each(tokens.map(request).collect()), window)
}

/// The database, whose answers do not wait for the disk.
fn open(database: &Path) -> Result<SqliteStore> {
    let options = SqliteOptions::default().danger_may_lose_last_commits();
    Ok(options.open(database)?)
}

const MAX_BATCH_MICROSECONDS: f64 = 5_000.0;
const REQUESTS: usize = 150_000;
