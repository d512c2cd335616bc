//! The Redis store on a real server: held to the contract, and to what goes wrong between them.

#![expect(clippy::unwrap_used, reason = "a test fails where it panics")]

mod cluster;
mod contract;
mod counts;
mod failures;
mod full;
mod long;
mod opening;
mod promises;
mod sentinel;
mod upkeep;

use grantor_testservers::stores::{block_on, creation, runtime, suite, system, value_of};

/// One command on a connection of the administrator's.
async fn administer(url: &str, command: &str) -> redis::Value {
    let client = redis::Client::open(url).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let mut words = command.split(' ');
    let mut request = redis::cmd(words.next().unwrap());
    for word in words {
        request.arg(word);
    }
    request.query_async(&mut connection).await.unwrap()
}
