//! The PostgreSQL store on a real server: held to the contract, to its processes, and to what goes
//! wrong between them and the server.

#![expect(clippy::unwrap_used, reason = "a test fails where it panics")]

mod contract;
mod crashes;
mod failover;
mod full;
mod hosts;
mod network;
mod opening;
mod processes;
mod standby;
mod transactions;
mod upkeep;

use std::sync::Arc;

use grantor_core::Clock;
use grantor_testservers::stores::{block_on, creation, runtime, suite, system, value_of};
use tokio_postgres::{Client, NoTls};

fn clock() -> Arc<dyn Clock> {
    system().clock
}

/// A connection of the administrator's.
async fn administrator(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}
